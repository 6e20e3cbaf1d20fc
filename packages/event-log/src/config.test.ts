import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type TestContext, test } from 'node:test'
import { readEnv } from '@sluice/runtime/env'
import { parseEventLogConfig } from './config.ts'

const parse = (env: Record<string, string>) => {
  const read = readEnv(env)
  return read.finish(parseEventLogConfig(read))
}

function aFile(t: TestContext, content: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-config-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = path.join(folder, 'secret')
  writeFileSync(file, content)
  return file
}

test('with DATABASE_URL alone the log is kept in PostgreSQL', () => {
  const url = 'postgres://u:p@localhost:5432/sluice'
  assert.deepEqual(parse({ DATABASE_URL: url }), { engine: 'postgres', url, connections: 4 })
})

test('without an engine, or with a wrong address, it says what to do and shows no password', () => {
  assert.throws(() => parse({}), /DATABASE_URL must be set/)
  assert.throws(
    () => parse({ DATABASE_URL: 'mysql://u:secret@h/d' }),
    (error: Error) => !/secret/.test(error.message),
  )
})

test('KAFKA_BROKERS chooses Kafka, whatever else is set', () => {
  const env = { KAFKA_BROKERS: 'b1:9092, b2,[::1]:9094', DATABASE_URL: 'postgres://u:p@localhost:5432/sluice' }
  assert.deepEqual(parse(env), {
    engine: 'kafka',
    connection: { brokers: ['b1:9092', 'b2', '[::1]:9094'], tls: null, sasl: null },
    createTopics: false,
    retentionMs: 7 * 86_400_000,
  })
})

test('reads how Kafka is reached, and as whom', (t) => {
  const ca = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----'
  const config = parse({
    KAFKA_BROKERS: 'b1:9093',
    KAFKA_CREATE_TOPICS: 'true',
    LOG_RETENTION: '12h',
    KAFKA_TLS: 'true',
    KAFKA_TLS_CA_FILE: aFile(t, `${ca}\n`),
    KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
    KAFKA_SASL_USERNAME: 'sluice',
    KAFKA_SASL_PASSWORD_FILE: aFile(t, 'secret\n'),
  })
  assert.deepEqual(config, {
    engine: 'kafka',
    connection: {
      brokers: ['b1:9093'],
      tls: { ca },
      sasl: { mechanism: 'SCRAM-SHA-512', username: 'sluice', password: 'secret' },
    },
    createTopics: true,
    retentionMs: 12 * 3_600_000,
  })
})

test('TLS without a CA file trusts whom Node trusts', () => {
  const config = parse({ KAFKA_BROKERS: 'b1', KAFKA_TLS: 'on' })
  assert.ok(config.engine === 'kafka')
  assert.deepEqual(config.connection.tls, { ca: null })
})

const wrong: [string, Record<string, string>, RegExp][] = [
  ['a broker that is a URL', { KAFKA_BROKERS: 'kafka://b1:9092' }, /KAFKA_BROKERS must list brokers as host:port/],
  ['a port out of range', { KAFKA_BROKERS: 'b1:99999' }, /KAFKA_BROKERS must list brokers as host:port.*"b1:99999"/],
  ['a mechanism that we do not know', { KAFKA_SASL_MECHANISM: 'GSSAPI' }, /KAFKA_SASL_MECHANISM must be/],
  [
    'a mechanism without a user',
    { KAFKA_SASL_MECHANISM: 'PLAIN' },
    /KAFKA_SASL_USERNAME must be set.*\n.*KAFKA_SASL_PASSWORD/,
  ],
  [
    'a user without a mechanism',
    { KAFKA_SASL_USERNAME: 'u' },
    /KAFKA_SASL_MECHANISM must be set as well: one of PLAIN/,
  ],
  ['a CA that is none', { KAFKA_TLS: 'true', KAFKA_TLS_CA: 'nonsense' }, /KAFKA_TLS_CA_FILE must name a PEM file/],
  ['a CA without TLS', { KAFKA_TLS_CA: '-----BEGIN CERTIFICATE-----' }, /set KAFKA_TLS=true as well/],
  ['TLS that is neither on nor off', { KAFKA_TLS: 'perhaps' }, /KAFKA_TLS must be true or false/],
  ['a retention that is no duration', { LOG_RETENTION: 'a week' }, /LOG_RETENTION must be a duration/],
  [
    'a retention too short to be meant',
    { LOG_RETENTION: '5s' },
    /LOG_RETENTION must be a duration of 60000 ms or more/,
  ],
]

for (const [title, env, message] of wrong)
  test(`refuses ${title}`, () => {
    assert.throws(() => parse({ KAFKA_BROKERS: 'b1:9092', ...env }), message)
  })

test('never says the password', () => {
  const env = { KAFKA_BROKERS: 'b1:9092', KAFKA_SASL_PASSWORD: 'hunter2', KAFKA_SASL_MECHANISM: 'NONE' }
  assert.throws(
    () => parse(env),
    (error: Error) => !/hunter2/.test(error.message),
  )
  const read = readEnv({ ...env, KAFKA_SASL_MECHANISM: 'PLAIN', KAFKA_SASL_USERNAME: 'u' })
  parseEventLogConfig(read)
  assert.equal(read.entries().find(({ name }) => name === 'KAFKA_SASL_PASSWORD')?.value, 'set')
})
