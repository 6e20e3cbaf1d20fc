import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parseProcessorConfig } from './config.ts'

const DAY_MS = 86_400_000
const DATABASE_URL = 'postgres://u:secret@localhost:5432/sluice'

test('a database address is enough', () => {
  assert.deepEqual(parseProcessorConfig({ DATABASE_URL }).config, {
    host: '127.0.0.1',
    port: 8082,
    logLevel: 'info',
    databaseUrl: DATABASE_URL,
    eventLog: { engine: 'postgres', url: DATABASE_URL, connections: 4 },
    retention: { eventsMs: 30 * DAY_MS, deadLettersMs: 14 * DAY_MS, auditMs: 365 * DAY_MS, logMs: 7 * DAY_MS },
  })
})

test('events and dead letters must be kept for as long as records of the log', () => {
  const retention = (env: Record<string, string>) => parseProcessorConfig({ DATABASE_URL, ...env }).config.retention
  assert.deepEqual(retention({ EVENTS_RETENTION: '7d', DEAD_LETTERS_RETENTION: '7d' }), {
    eventsMs: 7 * DAY_MS,
    deadLettersMs: 7 * DAY_MS,
    auditMs: 365 * DAY_MS,
    logMs: 7 * DAY_MS,
  })
  assert.throws(() => retention({ EVENTS_RETENTION: '6d' }), /EVENTS_RETENTION must not be shorter than LOG_RETENTION/)
  assert.throws(() => retention({ LOG_RETENTION: '15d' }), /DEAD_LETTERS_RETENTION must not be shorter/)
  assert.throws(() => retention({ LOG_RETENTION: '31d' }), /\nDEAD_LETTERS_RETENTION must not/)
  assert.throws(() => retention({ AUDIT_RETENTION: '13d' }), /AUDIT_RETENTION must not be shorter/)
})

test('every setting is read', () => {
  const env = { DATABASE_URL, HOST: '0.0.0.0', PROCESSOR_PORT: '0', LOG_LEVEL: 'debug' }
  const { host, port, logLevel } = parseProcessorConfig(env).config
  assert.deepEqual({ host, port, logLevel }, { host: '0.0.0.0', port: 0, logLevel: 'debug' })
})

test('all problems are told together, and none shows the password', () => {
  const env = { DATABASE_URL: 'mysql://u:secret@h/d', PROCESSOR_PORT: '65536', LOG_LEVEL: 'loud' }
  assert.throws(
    () => parseProcessorConfig(env),
    ({ message }: Error) => {
      for (const name of Object.keys(env)) assert.match(message, new RegExp(name))
      assert.doesNotMatch(message, /secret/)
      return true
    },
  )
})

test('without a database it does not start', () => {
  assert.throws(() => parseProcessorConfig({}), /DATABASE_URL must be set/)
})

test('the README names every setting and no other', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const named = [...readme.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name)
  const read = parseProcessorConfig({ DATABASE_URL }).read.entries()
  assert.deepEqual(named.sort(), [...new Set(read.map(({ name }) => name))].sort())
})
