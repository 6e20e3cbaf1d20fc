import type { DeadLetterReason } from '@sluice/contract/dead-letter'
import { type Pool, withClient } from '@sluice/runtime/postgres'
import type { EventStore, SettleBatch, SettleOutcome, SettleRecord } from './event-store.ts'
import { prepareBatch } from './prepare-batch.ts'
import { asStoreErrors } from './store-errors.ts'

/** `settle_batch` in migrations/0019-settle-in-arrays.sql, whose head names the parameters. */
export const SETTLE = {
  name: 'settle_batch',
  text: `SELECT * FROM settle_batch(${Array.from({ length: 41 }, (_, index) => `$${index + 1}`)})`,
}

const READY = 'SELECT 1 FROM settled_offsets, events LIMIT 0'

/**
 * How many batches after one with a repeat are stored with a look at each row. A batch that is wrongly taken for fresh is written
 * twice, at two thirds more CPU and with dead rows: so at most one in so many when repeats go on, and none while every batch has one.
 */
const CAREFUL_BATCHES = 16

/** One row of `settle_batch`: a record that is not simply stored. */
type SettledRow = {
  record: number
  became: 2 | 3 | 4
  why: DeadLetterReason
  told: string
  dead_letter: string
  attempt: number
  is_new: boolean
}

/**
 * The store over a pool.
 * @param shard 0 to 32,767: which rows of the rollups this process writes. Processes that share one wait for each other,
 *   nothing worse.
 */
export function createEventStore({ pool, shard }: { pool: Pool; shard: number }): EventStore {
  let careful = 0
  return {
    async settle(batch) {
      if (batch.records.length === 0) return []
      const { values, order } = prepareBatch(batch, shard, careful === 0)
      // One statement is one transaction: no lock is held while this process is slow, stopped or dead.
      const { rows } = await asStoreErrors(`settling ${batch.records.length} records`, () =>
        withClient(pool, (client) => client.query<SettledRow>({ ...SETTLE, values })),
      )
      const outcomes = toOutcomes(batch, order, rows)
      careful = hadRowInTheWay(batch, outcomes) ? CAREFUL_BATCHES : Math.max(0, careful - 1)
      return outcomes
    },

    async ready() {
      await asStoreErrors('asking whether the store is ready', () => pool.query(READY))
    },
  }
}

const hadRowInTheWay = ({ records }: SettleBatch, outcomes: readonly SettleOutcome[]) =>
  outcomes.some(({ type }, index) => type !== 'stored' && records[index]?.type === 'event')

const STORED: SettleOutcome = { type: 'stored' }
const REPEAT: SettleOutcome = { type: 'repeat' }

function toOutcomes({ records }: SettleBatch, order: readonly number[], rows: readonly SettledRow[]): SettleOutcome[] {
  const outcomes = records.map(() => STORED)
  for (const row of rows) {
    const index = order[row.record - 1]
    const record = index === undefined ? undefined : records[index]
    if (index === undefined || record === undefined) throw new RangeError(`the store named a record ${row.record}`)
    outcomes[index] = row.became === 2 ? REPEAT : toDeadLetter(record, row)
  }
  return outcomes
}

function toDeadLetter(record: SettleRecord, row: SettledRow): SettleOutcome {
  return {
    type: 'dead_letter',
    deadLetterId: row.dead_letter,
    reason: row.why,
    detail: row.told,
    pointer: record.type === 'dead_letter' ? record.pointer : null,
    stage: record.type === 'dead_letter' ? record.stage : 'store',
    attempt: row.attempt,
    new: row.is_new,
  }
}
