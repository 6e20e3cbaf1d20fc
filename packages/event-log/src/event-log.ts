import { SluiceError } from '@sluice/runtime/errors'

/** One record to append. Values and headers are opaque to the log. */
export type AppendRecord = {
  /** Records with the same key keep their order. Null: the whole append goes to one free partition, in turn over the partitions. */
  key: string | null
  value: Uint8Array
  headers: RecordHeaders
}

export type RecordHeaders = Readonly<Record<string, string>>

/** What became of one record. Only the adapter knows which; in doubt it is `unknown`. */
export type AppendOutcome =
  /** Durable: acknowledged by all in-sync replicas, or COMMIT answered. */
  | { type: 'done'; partition: number; offset: bigint }
  /** Provably never written. */
  | { type: 'refused'; error: LogUnavailableError | RecordTooLargeError }
  /** May be in the log or not: timeout, lost connection, lost reply. */
  | { type: 'unknown'; error: LogUnavailableError }

/** One record as the log holds it. */
export type LogRecord = {
  topic: string
  partition: number
  offset: bigint
  key: string | null
  /** Empty when the log holds no value (a tombstone of a foreign writer). */
  value: Buffer
  headers: RecordHeaders
  /** By the log's own clock. */
  appendedAt: Date
}

/** Records of one or more partitions, ascending by offset within each; they may repeat what an earlier batch held. */
export type Batch = {
  records: readonly LogRecord[]
  /** Tells one life of the topic from another: offsets of a topic deleted and made again are not comparable. */
  topicGeneration: string
  /** Aborts when a partition of this batch is no longer ours: finishing is harmless, waiting on is wasted. */
  revoked: AbortSignal
  /**
   * Commits last + 1 of every partition of this batch that is still ours; partitions lost since are left out.
   * Batches of one consumer are committed in the order in which `next` gave them: a commit asked for early waits until
   * every earlier batch that shares a partition with this one has been committed. So a batch is never passed over: who
   * gives one up closes the consumer. Asking twice gives the same answer; after an error it tries again.
   * @returns the partitions that were committed
   * @throws {LogUnavailableError} retryable; the only price of a lost commit is reading again
   */
  commit(): Promise<readonly number[]>
}

export type ConsumeOptions = {
  topic: string
  group: string
  maxRecords: number
  maxBytes: number
  /** How long a batch that is not full may wait for more, in ms; it may come sooner. */
  maxWaitMs: number
  /**
   * Told before the first record of a partition is given: where reading starts (null: nothing was ever committed).
   * Heartbeats and other partitions go on meanwhile. When it throws, the consumer ends: `next` throws that error.
   */
  onAssigned?: (partitions: readonly { partition: number; committed: bigint | null }[]) => Promise<void>
}

/** One member of a consumer group. Members share the partitions fairly; a silent one loses its partitions. */
export interface Consumer extends AsyncDisposable {
  /**
   * The next batch with at least one record; waits for it. Null once the consumer was closed.
   * Several batches may be in hand at once; not asking is the back-pressure, heartbeats go on meanwhile.
   * @throws {LogUnavailableError} the consumer is of no use any more: close it and consume anew
   */
  next(): Promise<Batch | null>
  /** The partitions that are ours now. */
  assigned(): readonly number[]
  /** Leaves the group, so that others take over at once. Batches in hand can no longer be committed. */
  close(): Promise<void>
}

export type PartitionLag = {
  partition: number
  /** The first offset that the log still holds. */
  start: bigint | null
  /** The offset that the next record will get. */
  end: bigint | null
  /** Null: the group never committed here. */
  committed: bigint | null
  /** end − committed, from `start` when nothing was committed; null when it cannot be known, never 0 for unknown. */
  lag: bigint | null
  /** When the log took the oldest record that waits; null when none waits or it cannot be known. */
  oldestWaitingAt: Date | null
}

/**
 * An append-only log of records in topics with partitions. Offsets are gapless within a partition's life for consumers
 * that commit, become visible in order, and mean what Kafka means by them.
 * Promises: what is `done` is durable and is given to every group at least once, in order within its partition.
 * Does not promise: order across partitions; that a record is given only once; that a topic is created on first use.
 */
export interface EventLog extends AsyncDisposable {
  /**
   * Appends records; one outcome per record, in order; some may be done though others are not. Answers within 4 s.
   * @throws {UnknownTopicError} a caller's mistake; nothing else is thrown
   */
  append(topic: string, records: readonly AppendRecord[]): Promise<readonly AppendOutcome[]>
  /**
   * Joins a group. Resolves before any partition is ours; `next` waits for them.
   * @throws {LogUnavailableError} retryable
   * @throws {UnknownTopicError}
   */
  consume(options: ConsumeOptions): Promise<Consumer>
  /**
   * Where a group stands, per partition, ascending. Answered without joining and without any live member.
   * @throws {LogUnavailableError} retryable
   */
  lag(topic: string, group: string): Promise<readonly PartitionLag[]>
  /**
   * The newest records over all partitions, newest first by append time, without joining a group.
   * Fewer come when their values together would pass 16 MiB, but always the newest one.
   * @param limit 1 to 1,000
   * @param before only records appended before this moment
   * @throws {LogUnavailableError} retryable; within 2 s
   */
  newest(topic: string, limit: number, before?: Date): Promise<readonly LogRecord[]>
  /**
   * Records of one partition from an offset on, ascending, without joining a group. An offset that left the log means the first one still there.
   * @param limit 1 to 1,000; fewer records may come although more exist; none means: nothing at or beyond `from`
   * @throws {LogUnavailableError} retryable
   */
  read(topic: string, partition: number, from: bigint, limit: number): Promise<readonly LogRecord[]>
  /** Resolves when an append would be taken now; within 1 s, or 2 s until it has done so once.
   * @throws {LogUnavailableError} retryable */
  ready(): Promise<void>
}

/** The log cannot take or give records now. Nothing is wrong with the records. */
export class LogUnavailableError extends SluiceError {
  override readonly name = 'LogUnavailableError'
  readonly code = 'LOG_UNAVAILABLE'
  readonly retryable = true
}

/** No such topic. Topics are made by whoever sets the platform up, never by use. */
export class UnknownTopicError extends SluiceError {
  override readonly name = 'UnknownTopicError'
  readonly code = 'UNKNOWN_TOPIC'
  readonly retryable = false
  readonly topic: string

  constructor(topic: string) {
    super(`topic ${JSON.stringify(topic)} does not exist in the log`)
    this.topic = topic
  }
}

/** The record is larger than the log takes; it never will be taken. */
export class RecordTooLargeError extends SluiceError {
  override readonly name = 'RecordTooLargeError'
  readonly code = 'RECORD_TOO_LARGE'
  readonly retryable = false
  readonly limitBytes: number

  constructor(message: string, limitBytes: number, options?: ErrorOptions) {
    super(message, options)
    this.limitBytes = limitBytes
  }
}
