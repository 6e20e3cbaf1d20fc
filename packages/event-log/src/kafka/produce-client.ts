import {
  type API,
  type Callback,
  createAPI,
  kGetApi,
  Producer,
  produceV9,
  produceV10,
  produceV11,
  UnsupportedApiError,
  Writer,
} from '@platformatic/kafka'
import { createRecordBatch, type RecordTail } from './record-batch.ts'

/** What the client hands over to a produce request: the record's tail in place of its value, no key and no headers. */
type TailMessage = { topic: string; partition: number; value: RecordTail; timestamp?: bigint }
type ProducerState = { producerId: bigint; producerEpoch: number; sequences: ReadonlyMap<string, number> }

/** The versions whose requests have one layout (KIP-482), each with the client's reading of its answer. */
const PRODUCE_APIS = new Map(
  [produceV9, produceV10, produceV11].map(({ api, parseResponse }) => [
    api.version,
    createAPI<unknown[], unknown>(api.key, api.version, createProduceRequest, parseResponse),
  ]),
)

const TOO_OLD = 'Kafka 2.8 or newer is needed, where produce requests have version 9'

/**
 * The client's producer, but for how a produce request is written (decision 14): of the tails that are its messages'
 * values. All messages of a send are of one partition. An idempotent producer only, with no compression and no transaction.
 */
export class ProduceClient extends Producer<Buffer, RecordTail> {
  /** The client asks brokers once in its life what they speak, but goes through their list at every try. */
  #produceApi: API<unknown[], unknown> | null = null

  override [kGetApi]<Request extends unknown[], Answer>(name: string, callback: Callback<API<Request, Answer>>): void {
    if (name !== 'Produce') super[kGetApi](name, callback)
    else if (this.#produceApi !== null) callback(null, this.#produceApi as API<Request, Answer>)
    else
      super[kGetApi](name, (error, api) => {
        this.#produceApi = PRODUCE_APIS.get(api?.version ?? 0) ?? null
        if (this.#produceApi !== null) callback(null, this.#produceApi as API<Request, Answer>)
        // Written the client's way a tail would be taken for the value.
        else callback(error ?? new UnsupportedApiError(`${TOO_OLD}, these know version ${api?.version}`))
      })
  }

  /** @throws {UnsupportedApiError} the brokers are too old to be written to */
  async checkVersion(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this[kGetApi]('Produce', (error) => (error ? reject(error) : resolve()))
    })
  }
}

/**
 * Called once for each try. All tries of a message have the time of its first.
 * @see https://kafka.apache.org/protocol#The_Messages_Produce
 */
export function createProduceRequest(
  acks: number,
  timeoutMs: number,
  messages: readonly TailMessage[],
  { producerId, producerEpoch, sequences }: ProducerState,
): Writer {
  const first = messages[0] as TailMessage
  const { topic, partition } = first
  first.timestamp ??= BigInt(Date.now())
  const batch = createRecordBatch(
    messages.map(({ value }) => value),
    {
      timestamp: first.timestamp,
      producerId,
      producerEpoch,
      sequence: sequences.get(`${topic}:${partition}`) ?? 0,
    },
  )
  return Writer.create()
    .appendString(null) // no transaction
    .appendInt16(acks)
    .appendInt32(timeoutMs)
    .appendArray([topic], (topics, name) => {
      topics.appendString(name).appendArray([partition], (partitions, index) => {
        partitions
          .appendInt32(index)
          .appendUnsignedVarInt(batch.length + 1)
          .append(batch)
      })
    })
    .appendTaggedFields()
}
