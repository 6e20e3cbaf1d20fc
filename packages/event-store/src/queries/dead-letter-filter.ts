import { DEAD_LETTER_STATES, type DeadLetterReason, type DeadLetterState } from '@sluice/contract/dead-letter'
import { SqlConditions } from './sql-conditions.ts'

/** Which dead letters: one meaning for list, groups, count and redrive jobs. Null: any. */
export type DeadLetterFilter = {
  state: DeadLetterState | null
  reason: DeadLetterReason | null
  /** Empty: those without a pointer. */
  pointer: string | null
  tenantId: string | null
  eventId: string | null
  eventType: string | null
  /** By the last failure: from `since` on, before `until`. */
  since: Date | null
  until: Date | null
  /** Part of the event id, event type, idempotency key, pointer or detail; upper and lower case are the same. */
  text: string | null
  /** Those that this redrive job took. */
  jobId: string | null
}

export const ANY_DEAD_LETTER: DeadLetterFilter = {
  state: null,
  reason: null,
  pointer: null,
  tenantId: null,
  eventId: null,
  eventType: null,
  since: null,
  until: null,
  text: null,
  jobId: null,
}

/** LIKE's own characters stand for themselves. */
const likePattern = (text: string) => `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`

/** The states that a filter names. */
export const statesOf = (filter: DeadLetterFilter): readonly DeadLetterState[] =>
  filter.state === null ? DEAD_LETTER_STATES : [filter.state]

/** The filter as conditions on `dead_letters n`, but for the state, which each query brings to its index in its own way. */
export function deadLetterConditions(filter: DeadLetterFilter): SqlConditions {
  const where = new SqlConditions()
  where.whenGiven(filter.tenantId, (tenant) => `n.tenant_id = ${tenant}`)
  where.whenGiven(filter.reason, (reason) => `n.reason = ${reason}`)
  // The first half is what the index knows.
  where.whenGiven(filter.pointer, (pointer) => {
    return `left(coalesce(n.pointer, ''), 60) = left(${pointer}, 60) AND coalesce(n.pointer, '') = ${pointer}`
  })
  where.whenGiven(filter.eventId, (eventId) => `n.event_id = ${eventId}`)
  where.whenGiven(filter.eventType, (eventType) => `n.event_type = ${eventType}`)
  where.whenGiven(filter.since, (since) => `n.failed_at >= ${since}`)
  where.whenGiven(filter.until, (until) => `n.failed_at < ${until}`)
  where.whenGiven(filter.text === null ? null : likePattern(filter.text), (pattern) => {
    // As the index of its trigrams has it.
    return `dead_letter_text(n.event_id, n.event_type, n.idempotency_key, n.pointer, n.detail) ILIKE ${pattern}`
  })
  where.whenGiven(filter.jobId, (jobId) => {
    return `n.id IN (SELECT i.dead_letter_id FROM redrive_items i WHERE i.job_id = ${jobId}::uuid AND i.attempt IS NOT NULL)`
  })
  return where
}
