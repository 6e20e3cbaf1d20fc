import type { AuditAction } from '@sluice/contract/audit-actions'
import { SluiceError } from '@sluice/runtime/errors'
import type { Pool, PoolClient } from '@sluice/runtime/postgres'

/** What somebody asks to be changed, and how it is told from every other wish. */
export type Operation = {
  /** UUID, made by the caller anew for each intention. */
  id: string
  action: AuditAction
  /** Who asks, as they named themselves. */
  by: string
  /** The dead letter, the job, the tenant or the API key; null for many, and for what is yet to be made. */
  target: string | null
  note: string | null
  requestId: string
  /** Of all that was asked: tells the same operation sent again from another one. */
  digest: Buffer
}

/** The id belongs to another operation, and nothing was changed. */
export class OperationIdReusedError extends SluiceError {
  override readonly name = 'OperationIdReusedError'
  readonly code = 'OPERATION_ID_REUSED'
  readonly retryable = false
}

const BEGIN = `
  INSERT INTO audit (operation_id, by, action, target, note, request_id, request_digest) VALUES ($1, $2, $3, $4, $5, $6, $7)
  ON CONFLICT (operation_id) DO NOTHING RETURNING at`

/**
 * Writes the operation down in the audit, in the caller's transaction: the change and its row are there together or not at
 * all. Waits for the same operation when that is under way elsewhere.
 * @returns when it was first asked for, and its target; `repeated` when it was done before, and must not be done again
 * @throws {OperationIdReusedError}
 */
export async function beginOperation(
  client: Pool | PoolClient,
  operation: Operation,
): Promise<{ repeated: boolean; at: Date; target: string | null }> {
  const { id, by, action, target, note, requestId, digest } = operation
  const begun = await client.query<{ at: Date }>(BEGIN, [id, by, action, target, note, requestId, digest])
  const [fresh] = begun.rows
  if (fresh !== undefined) return { repeated: false, at: fresh.at, target }
  const { rows } = await client.query<{ at: Date; target: string | null; same: boolean }>(
    'SELECT at, target, action = $2 AND request_digest = $3 AS same FROM audit WHERE operation_id = $1',
    [id, action, digest],
  )
  const [known] = rows
  if (!known?.same) throw new OperationIdReusedError('an operation id was used again for something else')
  return { repeated: true, at: known.at, target: known.target }
}

/** Says in the audit what the operation did. `before` and `after` are JSON text, so that an edit keeps its digits; null: nothing to say. */
export async function describeOperation(
  client: Pool | PoolClient,
  id: string,
  what: { count: number | null; before: string | null; after: string | null; target?: string },
): Promise<void> {
  await client.query(
    'UPDATE audit SET count = $2, before = $3, after = $4, target = coalesce($5, target) WHERE operation_id = $1',
    [id, what.count, what.before, what.after, what.target],
  )
}
