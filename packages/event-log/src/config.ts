import type { EnvReader } from '@sluice/runtime/env'
import { type KafkaConnection, SASL_MECHANISMS } from './kafka/connection.ts'

/** Which engine keeps the log, and how to reach it. */
export type EventLogConfig =
  | { engine: 'postgres'; url: string; connections: number }
  | {
      engine: 'kafka'
      connection: KafkaConnection
      /** Whether topics that are missing are made when the log is opened. */
      createTopics: boolean
      /** How long topics made by us keep records, in ms. */
      retentionMs: number
    }

/** `host`, `host:port`, `[IPv6]:port`; without a port Kafka's own. */
const BROKER = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:([1-9]\d{0,4}))?$/

/**
 * Reads where the log is: Kafka when `KAFKA_BROKERS` is set, else PostgreSQL. Problems are told to the reader, whose
 * `finish` refuses.
 * @param connections the size of the pool for appends and reads on PostgreSQL; each consumer has one more of its own
 */
export function parseEventLogConfig(
  read: EnvReader,
  { connections = 4 }: { connections?: number } = {},
): EventLogConfig {
  const brokers = read.list('KAFKA_BROKERS')
  if (brokers !== null) return parseKafkaConfig(read, brokers)
  const url = read.url('DATABASE_URL', { protocols: ['postgres:', 'postgresql:'], secret: true })
  if (url === null) read.problem('DATABASE_URL must be set; `npm start` sets it for the database that it brings along')
  return { engine: 'postgres', url: url ?? '', connections }
}

function parseKafkaConfig(read: EnvReader, brokers: readonly string[]): EventLogConfig {
  for (const broker of brokers)
    if (!isBroker(broker))
      read.problem(
        `KAFKA_BROKERS must list brokers as host:port, with commas between them, got ${JSON.stringify(broker)}`,
      )
  return {
    engine: 'kafka',
    connection: { brokers, tls: parseTls(read), sasl: parseSasl(read) },
    createTopics: read.boolean('KAFKA_CREATE_TOPICS', { fallback: false }),
    retentionMs: read.duration('LOG_RETENTION', { fallback: '7d', minMs: 60_000 }),
  }
}

function isBroker(text: string): boolean {
  const port = BROKER.exec(text)?.[3]
  return BROKER.test(text) && Number(port ?? 9_092) <= 65_535
}

function parseTls(read: EnvReader): KafkaConnection['tls'] {
  const isOn = read.boolean('KAFKA_TLS', { fallback: false })
  const ca = read.secret('KAFKA_TLS_CA')
  if (ca !== null && ca !== '' && !ca.includes('-----BEGIN CERTIFICATE-----'))
    read.problem('KAFKA_TLS_CA_FILE must name a PEM file with the certificate of who signed the brokers’ certificates')
  if (ca !== null && !isOn) read.problem('KAFKA_TLS_CA_FILE is set though KAFKA_TLS is not: set KAFKA_TLS=true as well')
  return isOn ? { ca } : null
}

function parseSasl(read: EnvReader): KafkaConnection['sasl'] {
  const mechanism = read.oneOf('KAFKA_SASL_MECHANISM', SASL_MECHANISMS)
  const username = read.string('KAFKA_SASL_USERNAME')
  const password = read.secret('KAFKA_SASL_PASSWORD')
  if (mechanism === null) {
    if (username !== null || password !== null)
      read.problem(`KAFKA_SASL_MECHANISM must be set as well: one of ${SASL_MECHANISMS.join(', ')}`)
    return null
  }
  if (username === null) read.problem('KAFKA_SASL_USERNAME must be set, as KAFKA_SASL_MECHANISM is')
  if (password === null)
    read.problem('KAFKA_SASL_PASSWORD or KAFKA_SASL_PASSWORD_FILE must be set, as KAFKA_SASL_MECHANISM is')
  return { mechanism, username: username ?? '', password: password ?? '' }
}
