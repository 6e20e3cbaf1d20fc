import { DEAD_LETTER_ACTIONS, type DeadLetterState } from '@sluice/contract/dead-letter'
import { type Pool, type PoolClient, withTransaction } from '@sluice/runtime/postgres'
import { beginOperation, describeOperation, type Operation } from '../operations.ts'
import { asStoreErrors } from '../store-errors.ts'
import { type Selection, selectionSql } from './selection.ts'

/** How a job appends: JSON text of the change, or the whole event; null: unchanged. */
export type RedriveEdit = { edit: string | null; event: string | null }

export type RedriveMany = RedriveEdit & {
  operation: Operation
  jobId: string
  selection: Selection
  /** For people; null when chosen by id. */
  filter: object | null
  ratePerSecond: number
  /** As many as the person saw. */
  confirmCount: number
}

export type CreatedMany = { type: 'created' | 'repeated'; jobId: string } | { type: 'count_changed'; matched: number }

/** Nothing is kept of a transaction that ends in one of these. */
class GivenUp<T> extends Error {
  readonly answer: T
  constructor(answer: T) {
    super('given up')
    this.answer = answer
  }
}

async function orGivenUp<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (error instanceof GivenUp) return error.answer as T
    throw error
  }
}

/**
 * Makes a job of all that is selected now and may be redriven; nothing is appended yet. The audit, the job and its dead
 * letters are there together or not at all, and the same operation makes one job however often it is sent.
 * @throws {OperationIdReusedError}
 * @throws {StoreUnavailableError} retryable: send the same operation again
 */
export async function createRedriveJob(pool: Pool, wish: RedriveMany): Promise<CreatedMany> {
  const { operation, jobId } = wish
  return asStoreErrors('making a redrive job', () =>
    orGivenUp(
      withTransaction(pool, async (client): Promise<CreatedMany> => {
        const { repeated } = await beginOperation(client, operation)
        if (repeated) return { type: 'repeated', jobId: await jobOf(client, operation.id) }
        await insertJob(client, wish, wish.confirmCount)
        const chosen = await chooseItems(client, jobId, wish.selection)
        if (chosen !== wish.confirmCount) throw new GivenUp<CreatedMany>({ type: 'count_changed', matched: chosen })
        const after = withEdit({ job_id: jobId, filter: wish.filter }, wish.edit)
        await describeOperation(client, operation.id, { count: chosen, before: null, after, target: jobId })
        return { type: 'created', jobId }
      }),
    ),
  )
}

/** Facts as JSON text with the edit in it as it was written. */
const withEdit = (facts: object, edit: string | null): string =>
  edit === null ? JSON.stringify(facts) : `${JSON.stringify(facts).slice(0, -1)},"edit":${edit}}`

async function chooseItems(client: PoolClient, jobId: string, selection: Selection): Promise<number> {
  const { where, selected, takeable, isExhausted } = selectionSql(selection)
  const { rowCount } = await client.query(
    `INSERT INTO redrive_items (job_id, position, dead_letter_id)
     SELECT ${where.value(jobId)}::uuid, row_number() OVER (ORDER BY n.failed_at, n.id), n.id
     FROM dead_letters n WHERE ${selected} AND ${takeable} AND NOT ${isExhausted}`,
    where.values,
  )
  return rowCount ?? 0
}

async function insertJob(
  client: PoolClient,
  wish: Omit<RedriveMany, 'selection' | 'confirmCount'>,
  matched: number,
): Promise<void> {
  const { operation, jobId, filter, edit, event, ratePerSecond } = wish
  await client.query(
    `INSERT INTO redrive_jobs (id, operation_id, by, note, filter, edit, event, rate_per_second, matched)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      jobId,
      operation.id,
      operation.by,
      operation.note,
      filter === null ? null : JSON.stringify(filter),
      edit,
      event,
      ratePerSecond,
      matched,
    ],
  )
}

async function jobOf(client: PoolClient, operationId: string): Promise<string> {
  const { rows } = await client.query<{ id: string }>('SELECT id FROM redrive_jobs WHERE operation_id = $1', [
    operationId,
  ])
  const [job] = rows
  if (job === undefined) throw new TypeError('an operation without its job')
  return job.id
}

export type ChangedOne =
  | { type: 'changed' | 'repeated' }
  | { type: 'not_found' }
  | { type: 'not_permitted'; state: DeadLetterState; why: string }

/**
 * Takes one dead letter for a redrive, as a job of one: whoever finds it `open` or `dismissed` wins. Its record is appended by
 * whoever works on jobs, also when this process dies now. However often it failed: it was asked for by its id.
 * @throws {OperationIdReusedError}
 * @throws {StoreUnavailableError} retryable: send the same operation again
 */
export async function redriveOne(
  pool: Pool,
  wish: RedriveEdit & { operation: Operation; jobId: string; deadLetterId: string },
): Promise<ChangedOne> {
  const { operation, jobId, deadLetterId, edit, event } = wish
  return changeOne(pool, operation, deadLetterId, 'redrive', async (client) => {
    await insertJob(client, { ...wish, filter: null, ratePerSecond: 1 }, 1)
    const { rows } = await client.query<{ attempts: number }>(
      `UPDATE dead_letters SET state = 'redriving', closed_at = NULL WHERE id = $1 RETURNING attempts`,
      [deadLetterId],
    )
    await client.query(
      `INSERT INTO redrive_items (job_id, position, dead_letter_id, state, attempt) VALUES ($1, 1, $2, 'taken', $3)`,
      [jobId, deadLetterId, rows[0]?.attempts],
    )
    const edited = edit !== null || event !== null
    await client.query(
      `INSERT INTO dead_letter_history (dead_letter_id, at, what, by, note, job_id, edited)
       VALUES ($1, clock_timestamp(), 'redriven', $2, $3, $4, $5)`,
      [deadLetterId, operation.by, operation.note, jobId, edited],
    )
    return withEdit({ state: 'redriving', job_id: jobId, ...(event === null ? {} : { event }) }, edit)
  })
}

/**
 * Closes one dead letter on purpose without storing it.
 * @throws {OperationIdReusedError}
 * @throws {StoreUnavailableError} retryable: send the same operation again
 */
export async function dismissOne(pool: Pool, operation: Operation, deadLetterId: string): Promise<ChangedOne> {
  return changeOne(pool, operation, deadLetterId, 'dismiss', async (client) => {
    await client.query(`UPDATE dead_letters SET state = 'dismissed', closed_at = clock_timestamp() WHERE id = $1`, [
      deadLetterId,
    ])
    await client.query(
      `INSERT INTO dead_letter_history (dead_letter_id, at, what, by, note) VALUES ($1, clock_timestamp(), 'dismissed', $2, $3)`,
      [deadLetterId, operation.by, operation.note],
    )
    return JSON.stringify({ state: 'dismissed' })
  })
}

/** Makes the change; returns what is after it, as JSON text. */
type Change = (client: PoolClient) => Promise<string>

/** The row is locked while its state is judged: two who want to change it come one after the other. */
async function changeOne(
  pool: Pool,
  operation: Operation,
  id: string,
  action: 'redrive' | 'dismiss',
  change: Change,
): Promise<ChangedOne> {
  return asStoreErrors(`changing a dead letter: ${action}`, () =>
    orGivenUp(
      withTransaction(pool, async (client): Promise<ChangedOne> => {
        const { repeated } = await beginOperation(client, operation)
        if (repeated) return { type: 'repeated' }
        const { rows } = await client.query<{ state: DeadLetterState; attempts: number; reason: string }>(
          'SELECT state, attempts, reason FROM dead_letters WHERE id = $1 FOR UPDATE',
          [id],
        )
        const [before] = rows
        if (before === undefined) throw new GivenUp<ChangedOne>({ type: 'not_found' })
        const why = DEAD_LETTER_ACTIONS[before.state][action]
        if (why !== null) throw new GivenUp<ChangedOne>({ type: 'not_permitted', state: before.state, why })
        const after = await change(client)
        await describeOperation(client, operation.id, { count: 1, before: JSON.stringify(before), after })
        return { type: 'changed' }
      }),
    ),
  )
}

export type Cancelled = { type: 'cancelled' | 'repeated' | 'not_found' } | { type: 'ended' }

/**
 * Ends a job: nothing more is taken. What was taken is appended still, and its outcome noted.
 * @throws {OperationIdReusedError}
 * @throws {StoreUnavailableError} retryable: send the same operation again
 */
export async function cancelRedriveJob(pool: Pool, operation: Operation, jobId: string): Promise<Cancelled> {
  return asStoreErrors('cancelling a redrive job', () =>
    orGivenUp(
      withTransaction(pool, async (client): Promise<Cancelled> => {
        const { repeated } = await beginOperation(client, operation)
        if (repeated) return { type: 'repeated' }
        const { rows } = await client.query<{ state: string }>(
          'SELECT state FROM redrive_jobs WHERE id = $1 FOR UPDATE',
          [jobId],
        )
        const [job] = rows
        if (job === undefined) throw new GivenUp<Cancelled>({ type: 'not_found' })
        if (job.state !== 'running') throw new GivenUp<Cancelled>({ type: 'ended' })
        const left = await client.query(
          `UPDATE redrive_items SET state = 'left_out' WHERE job_id = $1 AND state = 'chosen'`,
          [jobId],
        )
        const count = left.rowCount ?? 0
        await client.query(
          `UPDATE redrive_jobs SET state = 'cancelled', ended_at = clock_timestamp(), left_out = left_out + $2 WHERE id = $1`,
          [jobId, count],
        )
        await describeOperation(client, operation.id, {
          count,
          before: '{"state":"running"}',
          after: '{"state":"cancelled"}',
        })
        return { type: 'cancelled' }
      }),
    ),
  )
}
