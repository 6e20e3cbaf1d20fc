import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { openKafka } from '@sluice/infra/engines/kafka-cluster'
import { runKafkaTool } from '@sluice/infra/engines/kafka-tool'
import { readEnv } from '@sluice/runtime/env'
import { eventually } from '@sluice/runtime/testing/eventually'
import { parseEventLogConfig } from '#src/config.ts'
import { inspectEventLog } from '#src/inspect-event-log.ts'
import { openEventLog } from '#src/open-event-log.ts'
import { aRecord, join, placesOf, take, textOf } from '#src/testing/harness.ts'
import { kafkaCluster } from '#src/testing/kafka-cluster.ts'
import { silent } from '#src/testing/log-database.ts'

// A broker of its own, with a listener that wants TLS and a password.
const kafka = await openKafka({ secure: true })
after(() => kafka[Symbol.asyncDispose]())
const secure = kafka.secure ?? assert.fail('no secure listener')

const SCRAM_PASSWORD = 'a secret of the test'
const SCRAM_MECHANISMS = ['SCRAM-SHA-256', 'SCRAM-SHA-512'] as const
// One user for each: the broker takes one credential of a user at a time.
for (const mechanism of SCRAM_MECHANISMS)
  await runKafkaTool('configs', [
    ...['--bootstrap-server', kafka.bootstrap, '--alter', '--entity-type', 'users', '--entity-name', mechanism],
    ...['--add-config', `${mechanism}=[password=${SCRAM_PASSWORD}]`],
  ])

const parse = (env: Record<string, string>) => {
  const read = readEnv({
    KAFKA_BROKERS: secure.bootstrap,
    KAFKA_CREATE_TOPICS: 'true',
    KAFKA_TLS: 'true',
    KAFKA_TLS_CA_FILE: secure.caFile,
    ...env,
  })
  return read.finish(parseEventLogConfig(read))
}

const logins = {
  PLAIN: { KAFKA_SASL_USERNAME: secure.user, KAFKA_SASL_PASSWORD: secure.password },
  'SCRAM-SHA-256': { KAFKA_SASL_USERNAME: 'SCRAM-SHA-256', KAFKA_SASL_PASSWORD: SCRAM_PASSWORD },
  'SCRAM-SHA-512': { KAFKA_SASL_USERNAME: 'SCRAM-SHA-512', KAFKA_SASL_PASSWORD: SCRAM_PASSWORD },
}

for (const [mechanism, login] of Object.entries(logins))
  test(`appends, consumes and commits over TLS, logged in by ${mechanism}`, async (t) => {
    const { testTopic, defer } = kafkaCluster(t, [kafka.bootstrap])
    const topic = await testTopic(2)
    const config = parse({ KAFKA_SASL_MECHANISM: mechanism, ...login })
    const log = await openEventLog(config, { log: silent })
    defer(async () => log[Symbol.asyncDispose]())
    await eventually(() => log.ready().then(() => true))
    placesOf(await log.append(topic, [aRecord('0'), aRecord('1')]))
    const records = await take(await join(t, log, topic), 2)
    assert.deepEqual(records.map(textOf), ['0', '1'])
    assert.ok((await log.lag(topic, `g.of.${topic}`)).every(({ lag }) => lag === 0n))
    await eventually(async () => (await inspectEventLog(config))[0]?.state === 'ok')
  })

const PLAIN = { KAFKA_SASL_MECHANISM: 'PLAIN', ...logins.PLAIN }
const refused: [string, Record<string, string>, RegExp, RegExp][] = [
  [
    'a wrong password',
    { ...PLAIN, KAFKA_SASL_PASSWORD: 'wrong' },
    /refuse the user or the password/,
    /KAFKA_SASL_PASSWORD/,
  ],
  [
    'a wrong password for SCRAM',
    { ...PLAIN, KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512', KAFKA_SASL_PASSWORD: 'wrong' },
    /refuse the user or the password/,
    /KAFKA_SASL_USERNAME/,
  ],
  [
    'brokers that nobody vouches for',
    { ...PLAIN, KAFKA_TLS_CA_FILE: '' },
    /no TLS connection: self-signed/,
    /KAFKA_TLS_CA_FILE/,
  ],
  [
    'plain TCP where TLS is wanted',
    { ...PLAIN, KAFKA_TLS: '', KAFKA_TLS_CA_FILE: '' },
    /./,
    /with TLS|without TLS|KAFKA_TLS/,
  ],
]

for (const [title, env, detail, remedy] of refused)
  test(`says what is wrong about ${title}, and never the password`, async (t) => {
    const config = parse(env)
    // A broker that is slow to answer is found silent, which is another fault.
    const findings = await eventually(async () => {
      const found = await inspectEventLog(config)
      assert.match(found[0]?.detail ?? '', detail)
      return found
    })
    assert.deepEqual([findings.length, findings[0]?.state], [1, 'fault'])
    assert.match(findings[0]?.remedy ?? '', remedy)
    assert.ok(!JSON.stringify(findings).includes(secure.password))
    const said: unknown[] = []
    const note = (event: string, fields?: unknown) => void said.push(event, fields)
    const log = await openEventLog(config, { log: { ...silent, warn: note, error: note } })
    t.after(async () => log[Symbol.asyncDispose]())
    await assert.rejects(log.ready(), { code: 'LOG_UNAVAILABLE' })
    assert.ok(said.includes('log.unchecked') && !JSON.stringify(said).includes(secure.password), JSON.stringify(said))
  })

test('reads the CA from the file that is named', () => {
  const config = parse(PLAIN)
  assert.ok(config.engine === 'kafka')
  assert.equal(config.connection.tls?.ca, readFileSync(secure.caFile, 'utf8').replace(/\n$/, ''))
})
