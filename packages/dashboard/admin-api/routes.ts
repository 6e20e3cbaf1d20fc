import type { AuditBody } from '@sluice/contract/admin-api/audit'
import type { BalanceBody } from '@sluice/contract/admin-api/balance'
import type {
  DeadLetterBody,
  DeadLetterCountBody,
  DeadLetterFilterQuery,
  DeadLetterGroupsBody,
  DeadLettersBody,
  SampleBody,
} from '@sluice/contract/admin-api/dead-letters'
import type { ByIdempotencyBody, EventSearchBody, EventsBody } from '@sluice/contract/admin-api/events'
import type { AboutBody, HealthBody, TestEventBody, TestEventRequest } from '@sluice/contract/admin-api/health'
import type { BacklogBody, LagBody, LagHistoryBody } from '@sluice/contract/admin-api/lag'
import type { OverviewBody, TenantsBody, ThroughputBody, TopEventTypesBody } from '@sluice/contract/admin-api/overview'
import type { ReceiptBody } from '@sluice/contract/admin-api/receipts'
import type {
  CancelRequest,
  CheckBody,
  CheckRequest,
  DeadLetterChangeBody,
  DismissRequest,
  RedriveJobBody,
  RedriveJobsBody,
  RedriveOneRequest,
  RedriveRequest,
} from '@sluice/contract/admin-api/redrives'
import type { Static } from 'typebox'
import type { TextMembers } from './read-answer.ts'

type Tenant = { tenant?: string | undefined }
type Paged = { cursor?: string | undefined; limit?: number | undefined }
type Optional<T> = { [K in keyof T]?: T[K] | undefined }

/** What is asked: members named in the pattern go into the path, the others into the query. */
export type Asked = {
  overview: Tenant
  throughput: Tenant & { minutes?: number }
  topEventTypes: Tenant & { sinceMinutes?: number; limit?: number }
  health: object
  about: object
  tenants: object
  lag: object
  lagHistory: { minutes?: number }
  backlog: object
  balance: Tenant & { minutes?: number }
  events: Tenant & Paged & { eventType?: string | undefined; since?: string | undefined; until?: string | undefined }
  searchEvent: { tenant: string; eventId: string }
  byIdempotencyKey: { tenant: string; idempotencyKey: string }
  receipt: { receipt_id: string }
  deadLetters: Optional<DeadLetterFilterQuery> & Paged & { include?: string }
  deadLetterGroups: Optional<DeadLetterFilterQuery> & { limit?: number }
  deadLetterCount: Optional<DeadLetterFilterQuery>
  deadLetterSample: { limit?: number }
  deadLetter: { id: string }
  redriveJobs: Paged & { state?: string | undefined }
  redriveJob: { id: string }
  audit: Paged & { target?: string | undefined; action?: string | undefined; since?: string | undefined }
}

/** What is answered. Payloads stay the text that the producer sent, so that numbers keep their digits. */
export type Answers = {
  overview: OverviewBody
  throughput: ThroughputBody
  topEventTypes: TopEventTypesBody
  health: HealthBody
  about: AboutBody
  tenants: Static<typeof TenantsBody>
  lag: LagBody
  lagHistory: Static<typeof LagHistoryBody>
  backlog: BacklogBody
  balance: BalanceBody
  events: TextMembers<Static<typeof EventsBody>>
  searchEvent: TextMembers<Static<typeof EventSearchBody>>
  byIdempotencyKey: TextMembers<Static<typeof ByIdempotencyBody>>
  receipt: TextMembers<ReceiptBody>
  deadLetters: Static<typeof DeadLettersBody>
  deadLetterGroups: DeadLetterGroupsBody
  deadLetterCount: DeadLetterCountBody
  deadLetterSample: SampleBody
  deadLetter: DeadLetterBody
  redriveJobs: Static<typeof RedriveJobsBody>
  redriveJob: RedriveJobBody
  audit: Static<typeof AuditBody>
}

export type QuestionName = keyof Answers

export type Bodies = {
  check: CheckRequest
  redriveOne: RedriveOneRequest
  dismiss: DismissRequest
  redriveMany: RedriveRequest
  cancelJob: CancelRequest
  testEvent: TestEventRequest
}
export type ChangeAnswers = {
  check: CheckBody
  redriveOne: DeadLetterChangeBody
  dismiss: DeadLetterChangeBody
  redriveMany: RedriveJobBody
  cancelJob: RedriveJobBody
  testEvent: TestEventBody
}
export type ChangeName = keyof ChangeAnswers
export type RouteName = QuestionName | ChangeName

export type Route = {
  method: 'GET' | 'POST'
  /** `{name}` stands for one segment. */
  pattern: string
  /** Query parameters that are passed on; all others are dropped. */
  query: readonly string[]
  /** Statuses besides 200 and 202 that carry the answer itself. */
  alsoAnswers?: readonly number[]
}

const get = (pattern: string, ...query: string[]): Route => ({ method: 'GET', pattern, query })
const post = (pattern: string): Route => ({ method: 'POST', pattern, query: [] })
const FILTER = ['state', 'reason', 'pointer', 'tenant', 'eventId', 'eventType', 'since', 'until', 'q', 'job']

/** Every route of the Admin API that this dashboard uses. What is not in this table is not passed on. */
export const ROUTES = {
  overview: get('/admin/overview', 'tenant'),
  throughput: get('/admin/throughput', 'minutes', 'tenant'),
  topEventTypes: get('/admin/top-event-types', 'sinceMinutes', 'limit', 'tenant'),
  health: { ...get('/admin/health'), alsoAnswers: [503] },
  about: get('/admin/about'),
  tenants: get('/admin/tenants'),
  lag: get('/admin/lag'),
  lagHistory: get('/admin/lag/history', 'minutes'),
  backlog: get('/admin/backlog'),
  balance: get('/admin/balance', 'minutes', 'tenant'),
  events: get('/admin/events', 'tenant', 'eventType', 'since', 'until', 'cursor', 'limit'),
  searchEvent: get('/admin/event/search', 'tenant', 'eventId'),
  byIdempotencyKey: get('/admin/event/by-idempotency', 'tenant', 'idempotencyKey'),
  receipt: get('/admin/receipts/{receipt_id}'),
  deadLetters: get('/admin/dlq', ...FILTER, 'include', 'cursor', 'limit'),
  deadLetterGroups: get('/admin/dlq/groups', ...FILTER, 'limit'),
  deadLetterCount: get('/admin/dlq/count', ...FILTER),
  deadLetterSample: get('/admin/dlq/sample', 'limit'),
  deadLetter: get('/admin/dlq/{id}'),
  redriveJobs: get('/admin/redrives', 'state', 'cursor', 'limit'),
  redriveJob: get('/admin/redrives/{id}'),
  audit: get('/admin/audit', 'action', 'target', 'since', 'cursor', 'limit'),
  check: post('/admin/dlq/check'),
  redriveOne: post('/admin/dlq/{id}/redrive'),
  dismiss: post('/admin/dlq/{id}/dismiss'),
  redriveMany: post('/admin/redrives'),
  cancelJob: post('/admin/redrives/{id}/cancel'),
  testEvent: post('/admin/test-event'),
} as const satisfies Record<RouteName, Route>

type Parameters = Readonly<Record<string, string | number | undefined>>

/** The one answer that does not end; asked by an EventSource, which brings its own way back. Passed on by `app/api/admin/live`. */
export const LIVE_ROUTE = get('/admin/live', 'tenant', 'eventType', 'outcome')

/** Path and query of a question. Empty and absent parameters are left out, but an empty `pointer` means something. */
export function pathOf(name: RouteName, asked: object): string {
  const route: Route = ROUTES[name]
  const parameters = asked as Parameters
  const path = route.pattern.replace(/\{(\w+)\}/g, (_, key: string) =>
    encodeURIComponent(String(parameters[key] ?? '')),
  )
  const query = new URLSearchParams()
  for (const key of route.query) {
    const value = parameters[key]
    if (value !== undefined && (value !== '' || key === 'pointer')) query.set(key, String(value))
  }
  return query.size === 0 ? path : `${path}?${query}`
}
