import type { DeadLetterReason } from '@sluice/contract/dead-letter'
import type { Pool } from '@sluice/runtime/postgres'
import { asStoreErrors } from '../store-errors.ts'

/** How far one partition of a topic is settled, in the life of the topic that was settled last. */
export type SettledUpTo = {
  partition: number
  /** `settled_offsets.id`: another one means another life of the topic, whose offsets are not comparable. */
  sourceId: number
  /** The first position ever settled. */
  base: bigint
  /** The one after the last. */
  next: bigint
}

const SETTLED_UP_TO = `
  SELECT DISTINCT ON (partition) partition, id AS "sourceId", base, next
  FROM settled_offsets WHERE topic = $1 ORDER BY partition, id DESC`

/**
 * How far each partition is settled, ascending; partitions that nothing was settled of are absent. `next` moves in the
 * transaction that writes the rows, and a partition's batches wait for each other there: once it is seen, the outcome of
 * every position before it is there to be read, however late its transaction committed beside those of other partitions.
 * @throws {StoreUnavailableError} retryable
 */
export async function readSettledUpTo(pool: Pool, topic: string): Promise<SettledUpTo[]> {
  const { rows } = await asStoreErrors('reading how far the log is settled', () =>
    pool.query<Omit<SettledUpTo, 'base' | 'next'> & { base: string; next: string }>(SETTLED_UP_TO, [topic]),
  )
  return rows.map((row) => ({ ...row, base: BigInt(row.base), next: BigInt(row.next) }))
}

/** A position that was settled, with all by which its outcome can be found. */
export type SettledPosition = {
  sourceId: number
  offset: bigint
  /** Null where no envelope could be read; then `recordKey` is what `deadLetterKey` makes of the record. */
  receiptId: string | null
  recordKey: string | null
  redrive: { deadLetterId: string; attempt: number } | null
}

type Told = {
  at: Date
  eventId: string | null
  eventType: string | null
}
/** What became of a position. */
export type SettledOutcome =
  | (Told & { type: 'stored' })
  | (Told & { type: 'dead_lettered'; deadLetterId: string; reason: DeadLetterReason; pointer: string | null })
  /** Its event was settled before, by another record; or what it became was deleted since. */
  | { type: 'nothing_new' }

type EventRow = Told & { id: string; sourceId: number; offset: string }
type LetterRow = Told & {
  id: string
  sourceId: number
  offset: string
  attempts: number
  failedAgainAt: Date
  reason: DeadLetterReason
  pointer: string | null
}

const EVENTS = `
  SELECT id, source_id AS "sourceId", source_offset AS "offset", processed_at AS at, event_id AS "eventId",
         event_type AS "eventType"
  FROM events WHERE id = ANY ($1::uuid[])`

const LETTER_COLUMNS = `
  id, source_id AS "sourceId", source_offset AS "offset", attempts, first_failed_at AS at, failed_at AS "failedAgainAt",
  event_id AS "eventId", event_type AS "eventType", reason, pointer`
// Three indexes, one each; a dead letter found twice is the same one.
const LETTERS = `
  SELECT ${LETTER_COLUMNS} FROM dead_letters WHERE receipt_id = ANY ($1::uuid[])
  UNION ALL SELECT ${LETTER_COLUMNS} FROM dead_letters WHERE record_identity = ANY ($2::text[])
  UNION ALL SELECT ${LETTER_COLUMNS} FROM dead_letters WHERE id = ANY ($3::uuid[])`

/**
 * What became of positions that are settled, one outcome each, in order.
 * @param positions at most 1,000, each before the `next` that `readSettledUpTo` told of its partition
 * @throws {StoreUnavailableError} retryable
 */
export async function findSettledOutcomes(
  pool: Pool,
  positions: readonly SettledPosition[],
): Promise<SettledOutcome[]> {
  if (positions.length === 0) return []
  const receipts = positions.flatMap(({ receiptId }) => receiptId ?? [])
  const recordKeys = positions.flatMap(({ recordKey }) => recordKey ?? [])
  const redriven = positions.flatMap(({ redrive }) => redrive?.deadLetterId ?? [])
  return asStoreErrors('reading what records became', async () => {
    // One after the other: whoever asks this asks it often, and holds one connection only.
    const events = await pool.query<EventRow>(EVENTS, [receipts])
    const letters = await pool.query<LetterRow>(LETTERS, [receipts, recordKeys, redriven])
    const eventAt = new Map(events.rows.map((row) => [placeOf(row), row]))
    const letterAt = new Map(letters.rows.map((row) => [placeOf(row), row]))
    const letterById = new Map(letters.rows.map((row) => [row.id, row]))
    return positions.map((position) => {
      const event = eventAt.get(placeOf(position))
      if (event !== undefined) return { type: 'stored', ...toldOf(event) }
      const letter = letterAt.get(placeOf(position))
      if (letter !== undefined) return deadLettered(letter, letter.at)
      const { redrive } = position
      const redrivenLetter = redrive === null ? undefined : letterById.get(redrive.deadLetterId)
      // A redrive that failed again keeps its place and counts one attempt more.
      return redrivenLetter !== undefined && redrive !== null && redrivenLetter.attempts > redrive.attempt
        ? deadLettered(redrivenLetter, redrivenLetter.failedAgainAt)
        : { type: 'nothing_new' }
    })
  })
}

const placeOf = ({ sourceId, offset }: { sourceId: number; offset: string | bigint }) => `${sourceId}:${offset}`
const toldOf = ({ at, eventId, eventType }: Told): Told => ({ at, eventId, eventType })

const deadLettered = (letter: LetterRow, at: Date): SettledOutcome => ({
  type: 'dead_lettered',
  ...toldOf(letter),
  at,
  deadLetterId: letter.id,
  reason: letter.reason,
  pointer: letter.pointer,
})
