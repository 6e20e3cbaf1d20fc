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
    assert.throws(() => read.finish(config), /DATABASE_URL[\s\S]*IDEMPOTENCY_WINDOW[\s\S]*INGEST_WORKERS/)
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
