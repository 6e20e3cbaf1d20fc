import type { DeadLetterReason } from '@sluice/contract/dead-letter'
import { type Pool, withClient } from '@sluice/runtime/postgres'
import type { EventStore, SettleBatch, SettleOutcome, SettleRecord } from './event-store.ts'
import { prepareBatch } from './prepare-batch.ts'
import { asStoreErrors } from './store-errors.ts'

/** `settle_batch` in migrations/0004-settle.sql, whose head names the parameters. */
const SETTLE = {
  name: 'settle_batch',
  text: `SELECT * FROM settle_batch(${Array.from({ length: 39 }, (_, index) => `$${index + 1}`)})`,
}

const READY = 'SELECT 1 FROM settled_offsets, events LIMIT 0'

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
  return {
    async settle(batch) {
      if (batch.records.length === 0) return []
      const { values, order } = prepareBatch(batch, shard)
      // One statement is one transaction: no lock is held while this process is slow, stopped or dead.
      const { rows } = await asStoreErrors(`settling ${batch.records.length} records`, () =>
        withClient(pool, (client) => client.query<SettledRow>({ ...SETTLE, values })),
      )
      return toOutcomes(batch, order, rows)
    },

    async ready() {
      await asStoreErrors('asking whether the store is ready', () => pool.query(READY))
    },
  }
}

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
