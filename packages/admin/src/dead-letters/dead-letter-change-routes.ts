import { randomUUID } from 'node:crypto'
import { DeadLetterParams } from '@sluice/contract/admin-api/dead-letters'
import { DeadLetterChangeBody, DismissRequest, RedriveOneRequest } from '@sluice/contract/admin-api/redrives'
import { findDeadLetter } from '@sluice/event-store/queries/list-dead-letters'
import { findJobOfOperation } from '@sluice/event-store/queries/redrive-jobs'
import { type ChangedOne, dismissOne, redriveOne } from '@sluice/event-store/redrives/create-redrive'
import type { HttpApp } from '@sluice/runtime/http-app'
import { ProblemError } from '@sluice/runtime/problem-error'
import type { AdminParts } from '../admin-parts.ts'
import { operationOf, refuseReusedId } from '../audit/operation.ts'
import { deadLetterBody } from '../events/event-json.ts'
import { composeRedrive, type RedriveChange } from '../redrives/compose-redrive.ts'

/** What people do with one dead letter. Once only, however often it is sent. */
export function addDeadLetterChangeRoutes(app: HttpApp, { pool, redrives }: AdminParts): void {
  app.post(
    '/admin/dlq/:id/redrive',
    {
      schema: {
        summary: 'Append it to the log again',
        params: DeadLetterParams,
        body: RedriveOneRequest,
        response: { 202: DeadLetterChangeBody },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const { edit = null, event = null } = request.body
      await refuseFaultyChange(id, { edit, event })
      const wish = {
        operation: operationOf('redrive', id, request),
        jobId: randomUUID(),
        deadLetterId: id,
        edit: edit === null ? null : JSON.stringify(edit),
        event,
      }
      refuseUnlessChanged(await refuseReusedId(redriveOne(pool, wish)))
      redrives.wake()
      return reply.code(202).send(await changeBody(request.body.operation_id, id))
    },
  )

  app.post(
    '/admin/dlq/:id/dismiss',
    {
      schema: {
        summary: 'Close it without storing it',
        params: DeadLetterParams,
        body: DismissRequest,
        response: { 202: DeadLetterChangeBody },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      refuseUnlessChanged(await refuseReusedId(dismissOne(pool, operationOf('dismiss', id, request), id)))
      return reply.code(202).send(await changeBody(request.body.operation_id, id))
    },
  )

  async function refuseFaultyChange(id: string, change: RedriveChange): Promise<void> {
    if (change.edit === null && change.event === null) return
    if (change.edit !== null && change.event !== null)
      throw new ProblemError('BAD_REQUEST', 'Give either edit or event.', {
        errors: [{ pointer: '/event', detail: 'is given together with edit' }],
      })
    const found = await findDeadLetter(pool, id, null)
    if (found === null) throw notFound()
    const composed = composeRedrive(found.deadLetter.original ?? Buffer.alloc(0), change)
    if (composed.type === 'fault') throw new ProblemError('INVALID_EDIT', composed.detail)
  }

  async function changeBody(operationId: string, id: string): Promise<DeadLetterChangeBody> {
    const [found, jobId] = await Promise.all([findDeadLetter(pool, id, null), findJobOfOperation(pool, operationId)])
    if (found === null) throw notFound()
    const body = deadLetterBody(found.deadLetter, { event: false, original: false }, found.history)
    return { operation_id: operationId, job_id: jobId, dead_letter: body }
  }
}

const notFound = () => new ProblemError('NOT_FOUND', 'There is no dead letter with this id.')

function refuseUnlessChanged(outcome: ChangedOne): void {
  if (outcome.type === 'not_found') throw notFound()
  if (outcome.type !== 'not_permitted') return
  // Being redriven is a passing state: the same may be permitted when its outcome is known.
  const code = outcome.state === 'redriving' ? 'DEAD_LETTER_REDRIVING' : 'ACTION_NOT_PERMITTED'
  throw new ProblemError(code, outcome.why, { extra: { state: outcome.state } })
}
