import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { ConfigError } from '@sluice/runtime/errors'
import { parseIngestConfig } from './config.ts'

const GOOD = { DATABASE_URL: 'postgres://sluice@127.0.0.1:5432/sluice', API_KEYS: 'tenant_a:key_a,tenant_b:key_b' }

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    parseIngestConfig(env)
    return []
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.problems
  }
}

describe('the settings of ingest', () => {
  it('have a default each, but for the keys and the database', () => {
    const { config } = parseIngestConfig(GOOD)
    const { host, port, ratePerMin, maxEventBytes, maxInFlightBytes, shutdownDelayMs } = config
    assert.deepEqual(
      { host, port, ratePerMin, maxEventBytes, maxInFlightBytes, shutdownDelayMs },
      {
        host: '127.0.0.1',
        port: 8080,
        ratePerMin: 300,
        maxEventBytes: 262_144,
        maxInFlightBytes: 67_108_864,
        shutdownDelayMs: 1_000,
      },
    )
  })

  it('take several keys of one tenant, spaces around them, and colons within', () => {
    const { config } = parseIngestConfig({ ...GOOD, API_KEYS: 'a:k1, a:k2 ,b:k:3' })
    assert.deepEqual(config.apiKeys, [
      { tenantId: 'a', key: 'k1' },
      { tenantId: 'a', key: 'k2' },
      { tenantId: 'b', key: 'k:3' },
    ])
  })

  it('name keys, or the database that holds them, which may be there for them alone', () => {
    const elsewhere = { KAFKA_BROKERS: 'localhost:9092', REDIS_ADDR: 'localhost:6379' }
    const { DATABASE_URL, API_KEYS } = GOOD
    const keysOf = (env: Record<string, string>) => {
      const { apiKeys, keysDatabaseUrl } = parseIngestConfig(env).config
      return [apiKeys.length, keysDatabaseUrl]
    }
    assert.deepEqual(keysOf({ DATABASE_URL }), [0, DATABASE_URL])
    assert.deepEqual(keysOf({ ...elsewhere, DATABASE_URL }), [0, DATABASE_URL])
    assert.deepEqual(keysOf({ ...elsewhere, API_KEYS }), [2, null])
    assert.match(problemsOf(elsewhere).join(), /^API_KEYS must name at least one key, .*where no DATABASE_URL/)
  })

  it('are refused together, each problem once', () => {
    const problems = problemsOf({
      INGEST_PORT: '70000',
      RATE_LIMIT_PER_MIN: '0',
      SHUTDOWN_DELAY: 'soon',
      LOG_LEVEL: 'loud',
    })
    for (const name of ['INGEST_PORT', 'RATE_LIMIT_PER_MIN', 'SHUTDOWN_DELAY', 'LOG_LEVEL', 'API_KEYS', 'DATABASE_URL'])
      assert.equal(problems.filter((problem) => problem.startsWith(`${name} must`)).length, 1, name)
    assert.equal(problems.length, 6)
  })

  it('name the entry of a wrong key by its place, and never show a key', () => {
    const problems = problemsOf({ ...GOOD, API_KEYS: 'a:secret1,b:secret1,secret2,c d:secret3,e:secret 4' })
    for (const entry of [2, 3, 4, 5])
      assert.equal(problems.filter((problem) => problem.startsWith(`API_KEYS, entry ${entry}`)).length, 1)
    assert.equal(problems.length, 4)
    assert.doesNotMatch(problems.join(), /secret/)
  })

  it('are the ones in the table of the README, with their defaults', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
    const rows = readme
      .split('\n')
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .filter(([, first]) => /^`[A-Z_]+`$/.test(first ?? ''))
    const listed = new Map(rows.map(([, name, fallback]) => [name, fallback]))
    const entries = parseIngestConfig(GOOD).read.entries()
    const expected = entries.map(
      ({ name, value, origin }) => [`\`${name}\``, origin === 'default' ? `\`${value}\`` : 'none'] as const,
    )
    assert.deepEqual(listed, new Map(expected.sort()))
  })
})
