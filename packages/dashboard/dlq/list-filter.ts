import type { DeadLetterFilterBody, DeadLetterFilterQuery } from '@sluice/contract/admin-api/dead-letters'
import type { DeadLetterState } from '@sluice/contract/dead-letter'
import type { Asked } from '../admin-api/routes.ts'

/** The filter as the address says it. */
export type ListFilter = {
  state: DeadLetterState | 'any'
  reason: DeadLetterFilterQuery['reason'] | null
  pointer: string | null
  tenant: string | null
  type: string | null
  since: Date | null
  until: Date | null
  q: string | null
  /** Those that a redrive job took. */
  from_job: string | null
}

/** The filter as a question to the Admin API. */
export function toAskedFilter(filter: ListFilter): Asked['deadLetterCount'] {
  const { state, reason, pointer, tenant, type, since, until, q, from_job } = filter
  return {
    state: state === 'any' ? undefined : state,
    reason: reason ?? undefined,
    pointer: pointer ?? undefined,
    tenant: tenant ?? undefined,
    eventType: type ?? undefined,
    since: since?.toISOString(),
    until: until?.toISOString(),
    q: q ?? undefined,
    job: from_job ?? undefined,
  }
}

/** The same filter in the body of a check or a job; members that exclude nothing are left out. */
export function toFilterBody(filter: ListFilter): DeadLetterFilterBody {
  const { state, reason, pointer, tenant, type, since, until, q, from_job } = filter
  return {
    ...(state === 'any' ? {} : { state }),
    ...(reason == null ? {} : { reason }),
    ...(pointer === null ? {} : { pointer }),
    ...(tenant === null ? {} : { tenant_id: tenant }),
    ...(type === null ? {} : { event_type: type }),
    ...(since === null ? {} : { since: since.toISOString() }),
    ...(until === null ? {} : { until: until.toISOString() }),
    ...(q === null ? {} : { q }),
    ...(from_job === null ? {} : { job: from_job }),
  }
}

/** The filter in words, without its state: "MISSING_FIELD at /event_type, of shop". Empty when it excludes nothing. */
export function filterWords({ reason, pointer, tenant, type, since, until, q, from_job }: ListFilter): string {
  const at = pointer === null ? null : pointer === '' ? 'without a pointer' : `at ${pointer}`
  const parts = [
    [reason ?? null, at].filter((part) => part !== null).join(' '),
    tenant === null ? '' : `of ${tenant}`,
    type === null ? '' : `of type ${type}`,
    since === null ? '' : `since ${since.toISOString()}`,
    until === null ? '' : `until ${until.toISOString()}`,
    q === null ? '' : `with “${q}”`,
    from_job === null ? '' : 'taken by one redrive job',
  ]
  return parts.filter((part) => part !== '').join(', ')
}
