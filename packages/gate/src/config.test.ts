import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { readEnv } from '@sluice/runtime/env'
import { parseGateConfig } from './config.ts'

const url = 'postgres://sluice@127.0.0.1:5432/sluice'

describe('the settings of the gate', () => {
  it('remember keys for 30 minutes in the one database, for one ingest', () => {
    const read = readEnv({ DATABASE_URL: url })
    assert.deepEqual(read.finish(parseGateConfig(read)), { engine: 'postgres', url, windowMs: 1_800_000, workers: 1 })
  })

  it('are refused together when they are wrong', () => {
    const read = readEnv({ IDEMPOTENCY_WINDOW: 'long', INGEST_WORKERS: '0' })
    const config = parseGateConfig(read)
    for (const name of ['DATABASE_URL', 'IDEMPOTENCY_WINDOW', 'INGEST_WORKERS'])
      assert.throws(() => read.finish(config), new RegExp(`${name} must`))
  })

  it('choose Redis when its address is set, and ask for no database then', () => {
    const read = readEnv({ REDIS_ADDR: 'localhost:6379', REDIS_PASSWORD: 'secret' })
    const { engine, ...config } = read.finish(parseGateConfig(read))
    assert.equal(engine, 'redis')
    const address = { host: 'localhost', port: 6_379, tls: false, username: null, password: 'secret', database: 0 }
    assert.deepEqual(config, { address, windowMs: 1_800_000, workers: 1 })
    assert.equal(
      read.entries().some(({ name }) => name === 'DATABASE_URL'),
      false,
    )
  })

  it('refuse a second password, and a wrong address without showing it', () => {
    const problemsOf = (env: Record<string, string>) => {
      const read = readEnv(env)
      const config = parseGateConfig(read)
      let problems = ''
      assert.throws(
        () => read.finish(config),
        (error: Error) => {
          problems = error.message
          return true
        },
      )
      return problems
    }
    assert.match(problemsOf({ REDIS_ADDR: 'redis://:one@localhost', REDIS_PASSWORD: 'two' }), /keep one of them/)
    const wrong = problemsOf({ REDIS_ADDR: 'redis://:hunter2@localhost/first' })
    assert.match(wrong, /^REDIS_ADDR must be host:port or a URL/)
    assert.doesNotMatch(wrong, /hunter2/)
    assert.match(problemsOf({ REDIS_ADDR: 'one:6379,two:6379' }), /Cluster and Sentinel are not supported/)
  })

  it('stand in the README, with their defaults', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
    const read = readEnv({})
    parseGateConfig(read)
    const cells = readme.split('\n').map((line) => line.split('|').map((cell) => cell.trim()))
    for (const { name, value } of read.entries()) {
      const row = cells.find(([, first]) => first === `\`${name}\``)
      assert.equal(row?.[2], value === null ? 'none' : `\`${value}\``, name)
    }
  })
})
