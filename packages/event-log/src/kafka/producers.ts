import { ProduceAcks } from '@platformatic/kafka'
import { closeInTime } from './close-in-time.ts'
import { clientOptions, ignoreErrorsOf, type KafkaConnection } from './connection.ts'
import { ProduceClient } from './produce-client.ts'
import type { RecordTail } from './record-batch.ts'

/** One idempotent producer: one request in flight to each broker, so what goes side by side takes another one. */
export interface SendingProducer {
  /**
   * Makes sure that a send to this partition can be written at once: leader known and connected, producer id given.
   * Nothing of any record leaves. Null: all is ready.
   * @throws what the client says; a later try asks for the leader anew
   */
  reach(topic: string, partition: number): Promise<void> | null
  /** @returns the offset of the first record */
  send(topic: string, partition: number, tails: readonly RecordTail[]): Promise<bigint>
  /** How often this producer has tried anything again. */
  retries(): number
}

export interface Producers {
  /** The producer that sends everything of a partition, so that its order holds. */
  of(partition: number): SendingProducer
  /** Makes each of them ready to send to the partitions of a topic that can be reached. @throws when there is none */
  reachAll(topic: string, partitions: number): Promise<void>
  /** What is under way fails. */
  close(): Promise<void>
}

/** One produce request a try: a healthy one takes 1 to 4 ms, its tail under load tens; a stalled broker is told from it. */
const REQUEST_TIMEOUT_MS = 1_500
/** 12 × 500 ms ride out a leader election (4 × 250 ms did not). Never 0 or 1: the client takes those for without end. */
const RETRIES = 12
const RETRY_DELAY_MS = 500

/** @param count how many produce requests may be under way to one broker */
export function createProducers(connection: KafkaConnection, clientId: string, count: number): Producers {
  const producers = Array.from({ length: count }, () => openProducer(connection, clientId))
  const of = (partition: number) => (producers[partition % count] as ReturnType<typeof openProducer>).sending
  return {
    of,
    async reachAll(topic, partitions) {
      const reached = await Promise.allSettled(
        Array.from({ length: partitions }, (_, nth) => of(nth).reach(topic, nth)),
      )
      if (reached.every(({ status }) => status === 'rejected')) throw (reached[0] as PromiseRejectedResult).reason
    },
    async close() {
      await Promise.all(producers.map(({ close }) => close()))
    },
  }
}

function openProducer(
  connection: KafkaConnection,
  clientId: string,
): { sending: SendingProducer; close: () => Promise<void> } {
  const producer = new ProduceClient({
    ...clientOptions(connection, clientId),
    acks: ProduceAcks.ALL,
    idempotent: true,
    retries: RETRIES,
    retryDelay: RETRY_DELAY_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    timeout: REQUEST_TIMEOUT_MS,
  })
  let retries = 0
  producer.on('client:performWithRetry:retry', () => {
    retries += 1
  })
  ignoreErrorsOf(producer)

  const leaderOf = (topic: string, partition: number) => {
    const metadata = producer.currentMetadata
    const leader = metadata?.topics.get(topic)?.partitions[partition]?.leader
    return leader === undefined ? undefined : metadata?.brokers.get(leader)
  }
  const isReached = (topic: string, partition: number) => {
    const leader = leaderOf(topic, partition)
    if (leader === undefined || producer.producerId === undefined) return false
    return producer.connections.getEstablishedConnection(leader)?.isConnected() === true
  }
  const connect = async (topic: string, partition: number) => {
    await producer.metadata({ topics: [topic], forceUpdate: true, retries: 0 })
    const leader = leaderOf(topic, partition)
    if (leader === undefined) throw new Error(`partition ${partition} of ${topic} has no leader`)
    await producer.connections.get(leader)
    await producer.checkVersion()
    if (producer.producerId === undefined) await producer.initIdempotentProducer({})
  }

  return {
    sending: {
      reach: (topic, partition) => (isReached(topic, partition) ? null : connect(topic, partition)),
      async send(topic, partition, tails) {
        const { offsets } = await producer.send({ messages: tails.map((value) => ({ topic, partition, value })) })
        const [first] = offsets ?? []
        if (first === undefined) throw new Error('the broker acknowledged a send without an offset')
        return first.offset
      },
      retries: () => retries,
    },
    async close() {
      await closeInTime(producer, () => producer.close(true))
    },
  }
}
