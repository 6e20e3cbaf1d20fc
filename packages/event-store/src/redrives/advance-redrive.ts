import type { DeadLetterState } from '@sluice/contract/dead-letter'
import { isExhausted } from '@sluice/contract/dead-letter'
import { type Pool, type PoolClient, withTransaction } from '@sluice/runtime/postgres'
import { asStoreErrors } from '../store-errors.ts'
import type { RedriveEdit } from './create-redrive.ts'

/** A job that somebody works on. */
export type LiveJob = RedriveEdit & { id: string; by: string; note: string | null; ratePerSecond: number }

const LEASE = `
  WITH leased AS (
    UPDATE redrive_jobs SET lease_by = $1, lease_until = clock_timestamp() + interval '15 seconds'
    WHERE id IN (
      SELECT id FROM redrive_jobs WHERE is_live AND (lease_by = $1 OR lease_until < clock_timestamp())
      ORDER BY started_at LIMIT 200 FOR UPDATE SKIP LOCKED
    )
    RETURNING *
  )
  SELECT id, by, note, rate_per_second AS "ratePerSecond", edit::text AS edit, event FROM leased ORDER BY started_at, id`

/**
 * The jobs that this process works on for the next 15 s, oldest first: its own, and those whose holder fell silent. Two that work on one
 * after a stall append twice, which stores once.
 * @param holder a UUID made at the start of the process
 * @throws {StoreUnavailableError} retryable
 */
export async function leaseRedriveJobs(pool: Pool, holder: string): Promise<LiveJob[]> {
  const { rows } = await asStoreErrors('leasing redrive jobs', () => pool.query<LiveJob>(LEASE, [holder]))
  return rows
}

/**
 * Leaves the jobs of this process to others at once, instead of when its leases are over.
 * @throws {StoreUnavailableError} retryable
 */
export async function releaseRedriveJobs(pool: Pool, holder: string): Promise<void> {
  await asStoreErrors('releasing redrive jobs', () =>
    pool.query(`UPDATE redrive_jobs SET lease_until = '-infinity' WHERE is_live AND lease_by = $1`, [holder]),
  )
}

/** Whether the record of a dead letter can be made; a fault leaves it as it is. */
export type CanCompose = (original: Buffer) => boolean

/**
 * Takes the next dead letters of a job: each is `redriving` from now on, unless somebody else was faster, it failed too
 * often, or its record cannot be made.
 * @param limit 1 to 100
 * @returns how many of the job were looked at; fewer than `limit`: none is left
 * @throws {StoreUnavailableError} retryable
 */
export async function takeItems(pool: Pool, job: LiveJob, limit: number, canCompose: CanCompose): Promise<number> {
  return asStoreErrors('taking dead letters for a redrive', () =>
    withTransaction(pool, async (client) => {
      const { rows: items } = await client.query<{ position: number; id: string }>(
        `SELECT position, dead_letter_id AS id FROM redrive_items WHERE job_id = $1 AND state = 'chosen'
         ORDER BY position LIMIT $2 FOR UPDATE SKIP LOCKED`,
        [job.id, limit],
      )
      if (items.length === 0) return 0
      const taken = await takeLetters(
        client,
        job,
        items.map(({ id }) => id),
        canCompose,
      )
      const attempts = items.map(({ id }) => taken.get(id) ?? null)
      await client.query(
        `UPDATE redrive_items i SET state = CASE WHEN u.attempt IS NULL THEN 'left_out' ELSE 'taken' END, attempt = u.attempt
         FROM unnest($2::integer[], $3::integer[]) u (position, attempt) WHERE i.job_id = $1 AND i.position = u.position`,
        [job.id, items.map(({ position }) => position), attempts],
      )
      const leftOut = attempts.filter((attempt) => attempt === null).length
      if (leftOut > 0)
        await client.query('UPDATE redrive_jobs SET left_out = left_out + $2 WHERE id = $1', [job.id, leftOut])
      return items.length
    }),
  )
}

/** Which of the dead letters are taken, with their attempts. Locked in the order of ids, as settling locks them. */
async function takeLetters(
  client: PoolClient,
  job: LiveJob,
  ids: readonly string[],
  canCompose: CanCompose,
): Promise<Map<string, number>> {
  type Letter = { id: string; state: DeadLetterState; attempts: number; original: Buffer }
  const { rows } = await client.query<Letter>(
    'SELECT id, state, attempts, original FROM dead_letters WHERE id = ANY ($1::uuid[]) ORDER BY id FOR UPDATE',
    [ids],
  )
  const fit = rows.filter(
    ({ state, attempts, original }) =>
      (state === 'open' || state === 'dismissed') && !isExhausted(attempts) && canCompose(original),
  )
  const fitIds = fit.map(({ id }) => id)
  await client.query(`UPDATE dead_letters SET state = 'redriving', closed_at = NULL WHERE id = ANY ($1::uuid[])`, [
    fitIds,
  ])
  await client.query(
    `INSERT INTO dead_letter_history (dead_letter_id, at, what, by, note, job_id, edited)
     SELECT u.id, clock_timestamp(), 'redriven', $2, $3, $4, $5 FROM unnest($1::uuid[]) u (id)`,
    [fitIds, job.by, job.note, job.id, job.edit !== null || job.event !== null],
  )
  return new Map(fit.map(({ id, attempts }) => [id, attempts]))
}

/** A dead letter whose record is to be appended, for the first time or again. */
export type TakenItem = { position: number; deadLetterId: string; attempt: number; original: Buffer }

/**
 * What is taken and not known to be in the log.
 * @throws {StoreUnavailableError} retryable
 */
export async function readTaken(pool: Pool, jobId: string, limit: number): Promise<TakenItem[]> {
  const { rows } = await asStoreErrors('reading what is to be appended', () =>
    pool.query<TakenItem>(
      `SELECT i.position, i.dead_letter_id AS "deadLetterId", i.attempt, d.original
       FROM redrive_items i JOIN dead_letters d ON d.id = i.dead_letter_id
       WHERE i.job_id = $1 AND i.state = 'taken' ORDER BY i.position LIMIT $2`,
      [jobId, limit],
    ),
  )
  return rows
}

/**
 * Says which records are in the log.
 * @throws {StoreUnavailableError} retryable: they are appended again then, which stores once
 */
export async function markAppended(pool: Pool, jobId: string, positions: readonly number[]): Promise<void> {
  await asStoreErrors('noting what was appended', () =>
    pool.query(
      `WITH marked AS (
         UPDATE redrive_items i SET state = 'appended', appended_at = clock_timestamp()
         FROM redrive_items before
         WHERE i.job_id = $1 AND i.position = ANY ($2::integer[]) AND i.state = 'taken'
           AND before.job_id = i.job_id AND before.position = i.position
         RETURNING before.appended_at IS NULL AS is_first
       )
       UPDATE redrive_jobs SET appended = appended + (SELECT count(*) FROM marked WHERE is_first) WHERE id = $1`,
      [jobId, positions],
    ),
  )
}

/**
 * Gives dead letters back whose record the log will never take: open again, with the reason in their history.
 * @throws {StoreUnavailableError} retryable
 */
export async function giveBack(pool: Pool, jobId: string, items: readonly TakenItem[], why: string): Promise<void> {
  await asStoreErrors('giving dead letters back', () =>
    withTransaction(pool, async (client) => {
      const ids = items.map(({ deadLetterId }) => deadLetterId)
      await client.query(
        `WITH back AS (
           UPDATE dead_letters SET state = 'open' WHERE id = ANY ($1::uuid[]) AND state = 'redriving' RETURNING id
         )
         INSERT INTO dead_letter_history (dead_letter_id, at, what, by, note, job_id)
         SELECT id, clock_timestamp(), 'failed_again', 'admin', $2, $3 FROM back`,
        [ids, why, jobId],
      )
      const left = await client.query(
        `UPDATE redrive_items SET state = 'left_out' WHERE job_id = $1 AND position = ANY ($2::integer[]) AND state = 'taken'`,
        [jobId, items.map(({ position }) => position)],
      )
      await client.query('UPDATE redrive_jobs SET left_out = left_out + $2 WHERE id = $1', [jobId, left.rowCount ?? 0])
    }),
  )
}

// What was appended ten minutes ago and is nowhere has left the log unread: with nothing waiting it is appended again.
const APPEND_AGAIN = `
  UPDATE redrive_items SET state = 'taken' WHERE job_id = $1 AND state = 'appended' AND appended_at < clock_timestamp() - interval '10 minutes'`

const NOTE = `
  WITH ended AS (
    UPDATE redrive_items i SET state = o.state
    FROM (
      SELECT x.position, CASE WHEN d.id IS NULL OR (d.state = 'redriven' AND d.attempts = x.attempt) THEN 'stored' ELSE 'failed_again' END AS state
      FROM redrive_items x LEFT JOIN dead_letters d ON d.id = x.dead_letter_id
      WHERE x.job_id = $1 AND x.state = 'appended' AND (d.id IS NULL OR d.state <> 'redriving' OR d.attempts <> x.attempt)
    ) o
    WHERE i.job_id = $1 AND i.position = o.position AND i.state = 'appended'
    RETURNING i.state
  )
  UPDATE redrive_jobs
  SET stored = stored + (SELECT count(*) FROM ended WHERE state = 'stored'),
      failed_again = failed_again + (SELECT count(*) FROM ended WHERE state = 'failed_again')
  WHERE id = $1`

const FINISH = `
  UPDATE redrive_jobs SET is_live = false, state = CASE WHEN state = 'running' THEN 'done' ELSE state END,
         ended_at = coalesce(ended_at, clock_timestamp())
  WHERE id = $1 AND is_live
    AND NOT EXISTS (SELECT FROM redrive_items WHERE job_id = $1 AND state IN ('chosen', 'taken', 'appended'))`

/**
 * Notes which redrives of a job were settled meanwhile, and ends the job when all were.
 * @param nothingWaits whether the whole log is settled: then an outcome that is missing will not come by itself
 * @returns true when the job is over
 * @throws {StoreUnavailableError} retryable
 */
export async function noteOutcomes(pool: Pool, jobId: string, nothingWaits: boolean): Promise<boolean> {
  return asStoreErrors('noting the outcomes of a redrive', async () => {
    await pool.query(NOTE, [jobId])
    if (nothingWaits) await pool.query(APPEND_AGAIN, [jobId])
    const { rowCount } = await pool.query(FINISH, [jobId])
    return rowCount === 1
  })
}
