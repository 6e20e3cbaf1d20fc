import type { DeadLetterFilterBody, DeadLetterFilterQuery } from '@sluice/contract/admin-api/dead-letters'
import type { DeadLetterFilter } from '@sluice/event-store/queries/dead-letter-filter'
import { toDate } from '../http/parameters.ts'

/** @throws {ProblemError} 400 for a date that does not exist */
export const filterOfQuery = (query: DeadLetterFilterQuery): DeadLetterFilter => ({
  state: query.state ?? null,
  reason: query.reason ?? null,
  pointer: query.pointer ?? null,
  tenantId: query.tenant ?? null,
  eventId: query.eventId ?? null,
  eventType: query.eventType ?? null,
  since: toDate('since', query.since),
  until: toDate('until', query.until),
  text: query.q ?? null,
  jobId: query.job ?? null,
})

/** The same filter, as bodies spell it. @throws {ProblemError} 400 for a date that does not exist */
export const filterOfBody = ({ tenant_id, event_id, event_type, ...rest }: DeadLetterFilterBody): DeadLetterFilter =>
  filterOfQuery({
    ...rest,
    ...(tenant_id === undefined ? {} : { tenant: tenant_id }),
    ...(event_id === undefined ? {} : { eventId: event_id }),
    ...(event_type === undefined ? {} : { eventType: event_type }),
  })
