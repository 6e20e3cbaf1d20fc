import { type Admin, ConfigResourceTypes } from '@platformatic/kafka'
import { UnknownTopicError } from '#src/event-log.ts'
import { createPartitionLanes, type PartitionLanes } from '#src/partition-lanes.ts'
import { ask } from './ask.ts'
import { CLIENT_REFUSED, faultsOf, hasApiId, isForbidden } from './kafka-errors.ts'

export type KafkaTopic = {
  name: string
  /** The broker's id of this life of the topic. */
  id: string
  partitions: number
  /** The largest record batch that the topic takes. */
  maxBatchBytes: number
  minInSyncReplicas: number
  lanes: PartitionLanes
}

/** Knows topics, and looks again from time to time: partitions may be added and settings changed while it lives. */
export interface KafkaTopics {
  /** @throws {UnknownTopicError} @throws {LogUnavailableError} retryable */
  find(name: string): Promise<KafkaTopic>
  /** The topic turned out to be gone or changed; the next `find` asks again. */
  forget(name: string): void
}

const ANSWER_LIMIT_MS = 3_500
/** Added partitions and changed limits are rare, and asking costs two requests. */
const LOOK_AGAIN_MS = 60_000
/** What Kafka itself has when nobody says otherwise: for a user who may not read the topic's settings. */
const DEFAULT_MAX_BATCH_BYTES = 1_048_588

export function createKafkaTopics(admin: Admin): KafkaTopics {
  const known = new Map<string, { topic: KafkaTopic; lookedAt: number }>()
  const looking = new Map<string, Promise<KafkaTopic>>()

  const look = (name: string): Promise<KafkaTopic> => {
    const running = looking.get(name)
    if (running) return running
    const started = ask(`looking up topic ${name}`, ANSWER_LIMIT_MS, () => readTopic(admin, name))
      .then((found) => {
        const before = known.get(name)?.topic
        const isSame = before?.id === found.id && before.partitions === found.partitions
        const topic = isSame ? { ...found, lanes: before.lanes } : found
        known.set(name, { topic, lookedAt: performance.now() })
        return topic
      })
      .finally(() => looking.delete(name))
    looking.set(name, started)
    return started
  }

  return {
    find(name) {
      const remembered = known.get(name)
      if (!remembered) return look(name)
      if (performance.now() - remembered.lookedAt > LOOK_AGAIN_MS) {
        remembered.lookedAt = performance.now()
        // What is remembered serves until then; that the brokers are away is told by whoever needs them.
        look(name).catch((error: unknown) => {
          if (error instanceof UnknownTopicError) known.delete(name)
        })
      }
      return Promise.resolve(remembered.topic)
    },
    forget: (name) => void known.delete(name),
  }
}

async function readTopic(admin: Admin, name: string): Promise<KafkaTopic> {
  const metadata = await admin.metadata({ topics: [name], forceUpdate: true }).catch(async (error: unknown) => {
    if (await isUnknown(admin, name, error)) throw new UnknownTopicError(name)
    throw error
  })
  const found = metadata.topics.get(name)
  if (!found) throw new UnknownTopicError(name)
  const settings = (await topicSettings(admin, [name])).get(name)
  return {
    name,
    id: found.id,
    partitions: found.partitionsCount,
    maxBatchBytes: Number(settings?.get('max.message.bytes') ?? DEFAULT_MAX_BATCH_BYTES),
    minInSyncReplicas: Number(settings?.get('min.insync.replicas') ?? 1),
    lanes: createPartitionLanes(found.partitionsCount),
  }
}

/** The client's error for an unknown topic has no fact to go by, so the list of topics is asked. */
async function isUnknown(admin: Admin, name: string, error: unknown): Promise<boolean> {
  if (hasApiId(error, 'UNKNOWN_TOPIC_OR_PARTITION', 'INVALID_TOPIC_EXCEPTION')) return true
  if (!faultsOf(error).every(({ code }) => code === CLIENT_REFUSED)) return false
  return !(await admin.listTopics({ includeInternals: true })).includes(name)
}

/** The settings of topics, by topic and name; those that we may not read are missing. */
export async function topicSettings(
  admin: Admin,
  names: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> {
  const resources = names.map((resourceName) => ({ resourceType: ConfigResourceTypes.TOPIC, resourceName }))
  const described = await admin.describeConfigs({ resources }).catch((error: unknown) => {
    if (isForbidden(error)) return []
    throw error
  })
  return new Map(
    described.map(({ resourceName, configs }) => [
      resourceName,
      new Map(configs.flatMap(({ name, value }) => (value == null ? [] : [[name, value] as const]))),
    ]),
  )
}
