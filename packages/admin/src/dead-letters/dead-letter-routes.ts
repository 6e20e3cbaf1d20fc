import {
  DeadLetterBody,
  DeadLetterCountBody,
  DeadLetterFilterQuery,
  type DeadLetterGroup as DeadLetterGroupBody,
  DeadLetterGroupsBody,
  DeadLetterGroupsQuery,
  DeadLetterParams,
  DeadLettersBody,
  DeadLettersQuery,
  SampleBody,
  SampleQuery,
} from '@sluice/contract/admin-api/dead-letters'
import { decodeDeadLetterHeaders } from '@sluice/contract/dead-letter'
import { decodeEnvelope } from '@sluice/contract/envelope'
import { DLQ_TOPIC } from '@sluice/contract/topics'
import type { LogRecord } from '@sluice/event-log'
import { type DeadLetterGroup, groupDeadLetters } from '@sluice/event-store/queries/dead-letter-groups'
import {
  countDeadLetters,
  findDeadLetter,
  listDeadLetters,
  readHistories,
} from '@sluice/event-store/queries/list-dead-letters'
import type { HttpApp } from '@sluice/runtime/http-app'
import { ProblemError } from '@sluice/runtime/problem-error'
import type { AdminParts } from '../admin-parts.ts'
import { deadLetterBody, originalJson, sourceJson } from '../events/event-json.ts'
import { refuseForeignCursor } from '../http/parameters.ts'
import { filterOfQuery } from './dead-letter-filter.ts'

/** The dead-letter ledger, and the newest records of the dead-letter topic as the log holds them. */
export function addDeadLetterRoutes(app: HttpApp, { pool, eventLog, clock }: AdminParts): void {
  app.get(
    '/admin/dlq/sample',
    { schema: { summary: 'Newest records of the topic', querystring: SampleQuery, response: { 200: SampleBody } } },
    async ({ query }): Promise<SampleBody> => {
      const records = await eventLog.newest(DLQ_TOPIC, query.limit)
      return { data: records.map(sampleOf) }
    },
  )

  app.get(
    '/admin/dlq',
    {
      schema: {
        summary: 'Dead letters, newest first',
        querystring: DeadLettersQuery,
        response: { 200: DeadLettersBody },
      },
    },
    async ({ query }) => {
      const include = query.include?.split(',') ?? []
      const wanted = { event: include.includes('event'), original: include.includes('original') }
      const filter = filterOfQuery(query)
      const page = {
        cursor: query.cursor ?? null,
        limit: query.limit,
        include: { original: wanted.event || wanted.original },
      }
      const { rows, nextCursor } = await refuseForeignCursor(listDeadLetters(pool, filter, page))
      const histories = include.includes('history')
        ? await readHistories(
            pool,
            rows.map(({ id }) => id),
          )
        : null
      const data = rows.map((row) =>
        deadLetterBody(row, wanted, histories === null ? undefined : (histories.get(row.id) ?? [])),
      )
      return { data, next_cursor: nextCursor }
    },
  )

  const nowText = () => new Date(clock.now()).toISOString()
  app.get(
    '/admin/dlq/groups',
    {
      schema: {
        summary: 'Dead letters that failed alike',
        querystring: DeadLetterGroupsQuery,
        response: { 200: DeadLetterGroupsBody },
      },
    },
    async ({ query }): Promise<DeadLetterGroupsBody> => {
      const { groups, groupCount, total } = await groupDeadLetters(pool, filterOfQuery(query), query.limit)
      return {
        data: groups.map((group) => groupBody(group, total)),
        group_count: groupCount,
        total,
        as_of: nowText(),
      }
    },
  )

  app.get(
    '/admin/dlq/count',
    {
      schema: {
        summary: 'How many dead letters match',
        querystring: DeadLetterFilterQuery,
        response: { 200: DeadLetterCountBody },
      },
    },
    async ({ query }): Promise<DeadLetterCountBody> => ({
      ...(await countDeadLetters(pool, filterOfQuery(query))),
      as_of: nowText(),
    }),
  )

  app.get(
    '/admin/dlq/:id',
    { schema: { summary: 'One dead letter, whole', params: DeadLetterParams, response: { 200: DeadLetterBody } } },
    async ({ params }): Promise<DeadLetterBody> => {
      const found = await findDeadLetter(pool, params.id, null)
      if (found === null) throw new ProblemError('NOT_FOUND', 'There is no dead letter with this id.')
      return deadLetterBody(found.deadLetter, { event: true, original: true }, found.history)
    },
  )
}

const groupBody = (group: DeadLetterGroup, total: number): DeadLetterGroupBody => ({
  reason: group.reason,
  pointer: group.pointer,
  count: group.count,
  share: group.count / total,
  first_seen: group.firstSeen.toISOString(),
  last_seen: group.lastSeen.toISOString(),
  tenants: group.tenants.map(({ tenantId, count }) => ({ tenant_id: tenantId, count })),
  tenant_count: group.tenantCount,
  example_id: group.exampleId,
})

/** Whatever lies in the topic is shown, also what a foreign writer put there; what it does not say is null. */
function sampleOf({ headers, value }: LogRecord): SampleBody['data'][number] {
  const facts = decodeDeadLetterHeaders(headers)
  const reading = decodeEnvelope(value)
  const head = reading.type === 'envelope' ? reading.head : null
  return {
    reason: facts?.reason ?? null,
    detail: facts?.detail ?? null,
    pointer: facts?.pointer ?? null,
    stage: facts?.stage ?? null,
    failed_at: facts?.failedAt ?? null,
    tenant_id: head?.tenantId ?? null,
    receipt_id: head?.receiptId ?? null,
    source: facts === null ? null : sourceJson(facts.source),
    attempt: facts?.attempt ?? null,
    ...originalJson(value),
  }
}
