import type { DeadLetterReason, DeadLetterStage } from '@sluice/contract/dead-letter'
import type { EnvelopeHead } from '@sluice/contract/envelope'
import type { ValidEvent } from '@sluice/contract/event'

/** Says that a record is the redrive of a dead letter: `sluice-dead-letter-id` and `sluice-attempt` of its headers. */
export type Redrive = {
  deadLetterId: string
  /** `dead_letters.attempts` when it was redriven. */
  attempt: number
}

type Position = {
  partition: number
  offset: bigint
  /** The whole record value, byte for byte: kept when the record becomes a dead letter. */
  original: Uint8Array
  redrive?: Redrive | null
}

/** A record that was judged: an event to store, or one to set aside. */
export type SettleRecord =
  | (Position & { type: 'event'; head: EnvelopeHead; event: ValidEvent })
  | (Position & {
      type: 'dead_letter'
      /** Null where no envelope could be read. */
      head: EnvelopeHead | null
      eventId: string | null
      eventType: string | null
      reason: DeadLetterReason
      detail: string
      /** JSON Pointer (RFC 6901) of the failing member. */
      pointer: string | null
      stage: DeadLetterStage
    })

export type SettleBatch = {
  topic: string
  /** Tells one life of the topic from another. */
  topicGeneration: string
  /** 1 to 1,000; each position once. Repeats within the batch are found here, the caller need not look for them. */
  records: readonly SettleRecord[]
}

/** What became of one record. */
export type SettleOutcome =
  /** It is a row in `events`. */
  | { type: 'stored' }
  /** Its event has a row already: nothing new. */
  | { type: 'repeat' }
  | {
      type: 'dead_letter'
      deadLetterId: string
      reason: DeadLetterReason
      detail: string
      pointer: string | null
      stage: DeadLetterStage
      /** 1 for the first try, one more for each redrive that failed again. */
      attempt: number
      /**
       * False when this dead letter was there before: a copy of it, or the batch was settled before. Says what to count, not
       * what to append to the dead-letter topic: who died between COMMIT and append reads the batch again and gets false.
       */
      new: boolean
    }

/**
 * Where accepted events end: one row in `events` or one open dead letter each. PostgreSQL only; tests use a real one.
 * Promises: at most one row per (tenant, idempotency key), decided by a unique index; never a row and an open dead letter
 * that one settle has seen together; counters that move exactly once per log position.
 * Does not promise: order of rows across batches that are settled at the same time.
 */
export interface EventStore {
  /**
   * Settles one batch in one transaction: stores its events, opens and closes dead letters, moves rollups and balance.
   * Safe to repeat and to run at the same time in several processes: present rows stay, and positions that were settled
   * before are counted no more. Batches of one partition are settled in the order of their offsets: what comes after a
   * later one is stored all the same, but not counted.
   * @returns one outcome per record, in order; a conflict found here is a dead letter that nobody has appended to the
   *   dead-letter topic yet
   * @throws {StoreUnavailableError} retryable: all of it was written or nothing, so settle the same batch again
   * @throws {StoreDataError} nothing was written; at least one record cannot be stored: settle halves
   * @throws {StoreSystemicError} nothing was written, and no batch will be until a person acts
   */
  settle(batch: SettleBatch): Promise<readonly SettleOutcome[]>
  /**
   * Resolves when the store answers; within the pool's time limits.
   * @throws {StoreUnavailableError} retryable
   * @throws {StoreSystemicError} the tables are not as they must be
   */
  ready(): Promise<void>
}
