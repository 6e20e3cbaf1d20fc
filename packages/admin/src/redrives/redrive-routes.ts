import { randomUUID } from 'node:crypto'
import type { DeadLetterFilterBody } from '@sluice/contract/admin-api/dead-letters'
import {
  CancelRequest,
  CheckBody,
  CheckRequest,
  RedriveJobBody,
  RedriveJobParams,
  RedriveJobsBody,
  RedriveJobsQuery,
  RedriveRequest,
} from '@sluice/contract/admin-api/redrives'
import { findRedriveJob, listRedriveJobs, type RedriveJob } from '@sluice/event-store/queries/redrive-jobs'
import { cancelRedriveJob, createRedriveJob } from '@sluice/event-store/redrives/create-redrive'
import type { Selection } from '@sluice/event-store/redrives/selection'
import type { HttpApp } from '@sluice/runtime/http-app'
import { ProblemError } from '@sluice/runtime/problem-error'
import type { AdminParts } from '../admin-parts.ts'
import { operationOf, refuseReusedId } from '../audit/operation.ts'
import { filterOfBody } from '../dead-letters/dead-letter-filter.ts'
import { refuseForeignCursor } from '../http/parameters.ts'
import { checkRedrive } from './check-redrive.ts'
import { MAX_JOB_SIZE } from './redrive-limits.ts'

/** `/admin/dlq/check` and `/admin/redrives`: many dead letters at once, tried first and then appended by a job. */
export function addRedriveRoutes(app: HttpApp, { pool, redrives, clock }: AdminParts): void {
  const nowText = () => new Date(clock.now()).toISOString()

  app.post(
    '/admin/dlq/check',
    { schema: { summary: 'What a redrive would do', body: CheckRequest, response: { 200: CheckBody } } },
    async ({ body }): Promise<CheckBody> => {
      const { edit = null, event = null } = body
      if (edit !== null && event !== null) throw oneOfBoth('edit', 'event')
      return checkRedrive(pool, selectionOf(body), { edit, event })
    },
  )

  app.post(
    '/admin/redrives',
    { schema: { summary: 'Redrive many', body: RedriveRequest, response: { 202: RedriveJobBody } } },
    async (request, reply) => {
      const { body } = request
      if (body.confirm_count > MAX_JOB_SIZE)
        throw new ProblemError('COUNT_CHANGED', `A job takes at most ${MAX_JOB_SIZE} dead letters: narrow the filter.`)
      const created = await refuseReusedId(
        createRedriveJob(pool, {
          operation: operationOf('redrive_many', null, request),
          jobId: randomUUID(),
          selection: selectionOf(body),
          filter: body.filter ?? null,
          edit: body.edit === undefined ? null : JSON.stringify(body.edit),
          event: null,
          ratePerSecond: body.rate_per_second,
          confirmCount: body.confirm_count,
        }),
      )
      if (created.type === 'count_changed')
        throw new ProblemError('COUNT_CHANGED', `Now ${created.matched} match: check again.`, {
          extra: { matched: created.matched },
        })
      redrives.wake()
      return reply.code(202).send(jobBody(await jobOf(created.jobId), nowText()))
    },
  )

  app.get(
    '/admin/redrives',
    {
      schema: {
        summary: 'Redrive jobs, newest first',
        querystring: RedriveJobsQuery,
        response: { 200: RedriveJobsBody },
      },
    },
    async ({ query }) => {
      const { state = null, cursor = null, limit } = query
      const { rows, nextCursor } = await refuseForeignCursor(listRedriveJobs(pool, state, { cursor, limit }))
      const now = nowText()
      return { data: rows.map((job) => jobBody(job, now)), next_cursor: nextCursor }
    },
  )

  app.get(
    '/admin/redrives/:id',
    { schema: { summary: 'How a redrive job stands', params: RedriveJobParams, response: { 200: RedriveJobBody } } },
    async ({ params }): Promise<RedriveJobBody> => jobBody(await jobOf(params.id), nowText()),
  )

  app.post(
    '/admin/redrives/:id/cancel',
    {
      schema: {
        summary: 'Append nothing more',
        params: RedriveJobParams,
        body: CancelRequest,
        response: { 202: RedriveJobBody },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const cancelled = await refuseReusedId(cancelRedriveJob(pool, operationOf('cancel_redrive', id, request), id))
      if (cancelled.type === 'not_found') throw new ProblemError('NOT_FOUND', 'There is no such job.')
      if (cancelled.type === 'ended') throw new ProblemError('ACTION_NOT_PERMITTED', 'The job is over.')
      redrives.wake()
      return reply.code(202).send(jobBody(await jobOf(id), nowText()))
    },
  )

  async function jobOf(id: string): Promise<RedriveJob> {
    const job = await findRedriveJob(pool, id)
    if (job === null) throw new ProblemError('NOT_FOUND', 'There is no such job.')
    return job
  }
}

const oneOfBoth = (one: string, other: string) =>
  new ProblemError('BAD_REQUEST', `Give either ${one} or ${other}.`, {
    errors: [{ pointer: `/${one}`, detail: `is given together with ${other}, or neither is` }],
  })

/** @throws {ProblemError} 400 unless exactly one of the two is given */
function selectionOf({ filter, ids }: { filter?: DeadLetterFilterBody; ids?: string[] }): Selection {
  if (filter !== undefined && ids === undefined) return { filter: filterOfBody(filter) }
  if (ids !== undefined && filter === undefined) return { ids }
  throw oneOfBoth('filter', 'ids')
}

function jobBody(job: RedriveJob, asOf: string): RedriveJobBody {
  const remaining = Math.max(0, job.matched - job.appended - job.leftOut)
  return {
    id: job.id,
    operation_id: job.operationId,
    state: job.state,
    by: job.by,
    note: job.note,
    filter: job.filter === null ? null : (JSON.parse(job.filter) as DeadLetterFilterBody),
    edited: job.edited,
    rate_per_second: job.ratePerSecond,
    matched: job.matched,
    done: job.appended,
    stored: job.stored,
    failed_again: job.failedAgain,
    waiting: Math.max(0, job.appended - job.stored - job.failedAgain),
    left_out: job.leftOut,
    remaining,
    rate: job.rate,
    seconds_left: job.state === 'running' ? Math.ceil(remaining / job.ratePerSecond) : null,
    started_at: job.startedAt,
    ended_at: job.endedAt,
    as_of: asOf,
  }
}
