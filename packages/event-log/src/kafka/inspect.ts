import { type Admin, apiVersionsV3 } from '@platformatic/kafka'
import { TOPIC_PARTITIONS } from '@sluice/contract/topics'
import type { Finding } from '@sluice/runtime/finding'
import { LogUnavailableError } from '#src/event-log.ts'
import { openAdmin } from './admin.ts'
import { ask } from './ask.ts'
import { closeInTime } from './close-in-time.ts'
import type { KafkaConnection } from './connection.ts'
import { judgeTopics } from './judge-topics.ts'
import { faultsOf } from './kafka-errors.ts'
import { readTopicFacts } from './topic-facts.ts'

const CLIENT_ID = 'sluice-doctor'
const ANSWER_LIMIT_MS = 5_000

/** The level of `metadata.version` with which each release begins; the protocol names no release itself. */
const RELEASES: readonly (readonly [number, string])[] = [
  [27, '4.1'],
  [22, '4.0'],
  [21, '3.9'],
  [20, '3.8'],
  [15, '3.7'],
  [12, '3.6'],
  [9, '3.5'],
  [8, '3.4'],
  [1, '3.3'],
]

/** Looks at the brokers and the topics; changes nothing. */
export async function inspectKafka(connection: KafkaConnection): Promise<readonly Finding[]> {
  const admin = openAdmin(connection, CLIENT_ID)
  try {
    const brokers = await ask('asking the brokers', ANSWER_LIMIT_MS, () => describeBrokers(admin))
    const facts = await ask('looking at the topics', ANSWER_LIMIT_MS, () =>
      readTopicFacts(admin, Object.keys(TOPIC_PARTITIONS)),
    )
    return [brokers, ...judgeAccess(connection), ...judgeTopics(TOPIC_PARTITIONS, facts)]
  } catch (error) {
    return [judgeSilence(connection, error)]
  } finally {
    await closeInTime(admin, () => admin.close())
  }
}

async function describeBrokers(admin: Admin): Promise<Finding> {
  const { id, brokers } = await admin.metadata({ topics: [], forceUpdate: true })
  const [first] = brokers.values()
  const level = first === undefined ? null : await metadataVersion(admin, first)
  const release = RELEASES.find(([from]) => level !== null && level >= from)?.[1]
  const version = level === null ? 'an unknown version' : `metadata version ${level}, Kafka ${release ?? '?'} or newer`
  const detail = `cluster ${id} of ${brokers.size} ${brokers.size === 1 ? 'broker' : 'brokers'}, ${version}`
  return { subject: 'Kafka answers', state: 'ok', detail, remedy: null }
}

async function metadataVersion(admin: Admin, broker: { host: string; port: number }): Promise<number | null> {
  const connection = await admin.connections.get(broker)
  const { finalizedFeatures = [] } = await apiVersionsV3.api.async(connection, CLIENT_ID, '1')
  return finalizedFeatures.find(({ name }) => name === 'metadata.version')?.maxVersionLevel ?? null
}

function judgeAccess({ tls, sasl }: KafkaConnection): Finding[] {
  if (sasl?.mechanism !== 'PLAIN' || tls !== null) return []
  const detail = 'the password crosses the network in clear'
  return [{ subject: 'Kafka login', state: 'warning', detail, remedy: 'set KAFKA_TLS=true, or use SCRAM-SHA-512' }]
}

/** Why nobody answered, as far as facts tell. */
function judgeSilence({ brokers, tls }: KafkaConnection, error: unknown): Finding {
  const fault = (detail: string, remedy: string): Finding => ({
    subject: 'Kafka answers',
    state: 'fault',
    detail,
    remedy,
  })
  const [first] = faultsOf(error)
  const cause =
    error instanceof LogUnavailableError && error.cause instanceof Error ? error.cause.message : String(error)
  if (first?.apiId === 'SASL_AUTHENTICATION_FAILED')
    return fault('the brokers refuse the user or the password', 'look at KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD')
  if (first?.apiId === 'UNSUPPORTED_SASL_MECHANISM')
    return fault('the brokers do not know this way to log in', 'look at KAFKA_SASL_MECHANISM')
  if (first?.apiId?.endsWith('_AUTHORIZATION_FAILED'))
    return fault(`the user may not do this: ${cause}`, 'let it describe, read and write the topics and the group')
  if (/^(ERR_(TLS|SSL)|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|CERT_)/.test(first?.code ?? ''))
    return fault(`no TLS connection: ${cause}`, 'look at KAFKA_TLS_CA_FILE and the names in the brokers’ certificates')
  const remedy = tls === null ? 'are they running, and without TLS?' : 'are they running, with TLS on this port?'
  return fault(`${brokers.join(', ')}: ${cause}`, `look at KAFKA_BROKERS; ${remedy}`)
}
