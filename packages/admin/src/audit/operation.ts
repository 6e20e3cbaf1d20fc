import { createHash } from 'node:crypto'
import type { AuditAction } from '@sluice/contract/audit-actions'
import { type Operation, OperationIdReusedError } from '@sluice/event-store/operations'
import { ProblemError } from '@sluice/runtime/problem-error'
import type { FastifyRequest } from 'fastify'

type ChangeBody = { operation_id: string; by?: string; note?: string }

/** The operation that a request asks for. What makes it itself: action, target, and everything in the body but the caller's name. */
export function operationOf(
  action: AuditAction,
  target: string | null,
  { body, id }: Pick<FastifyRequest, 'id'> & { body: ChangeBody },
): Operation {
  const { operation_id, by = 'admin', ...wish } = body
  const digest = createHash('sha256')
    .update(JSON.stringify([action, target, wish]))
    .digest()
  return { id: operation_id, action, by, target, note: body.note ?? null, requestId: id, digest }
}

/** Answers 422 when the operation id belongs to another operation. */
export async function refuseReusedId<T>(change: Promise<T>): Promise<T> {
  try {
    return await change
  } catch (error) {
    if (!(error instanceof OperationIdReusedError)) throw error
    throw new ProblemError('OPERATION_ID_REUSED', 'Make a new operation_id for each intention; nothing was changed.')
  }
}
