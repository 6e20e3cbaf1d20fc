import { AuditBody } from '@sluice/contract/admin-api/audit'
import { BalanceBody } from '@sluice/contract/admin-api/balance'
import {
  DeadLetterBody,
  DeadLetterCountBody,
  DeadLetterGroupsBody,
  DeadLettersBody,
  SampleBody,
} from '@sluice/contract/admin-api/dead-letters'
import { ByIdempotencyBody, EventSearchBody, EventsBody } from '@sluice/contract/admin-api/events'
import { AboutBody, HealthBody, TestEventBody } from '@sluice/contract/admin-api/health'
import { BacklogBody, LagBody, LagHistoryBody } from '@sluice/contract/admin-api/lag'
import { OverviewBody, TenantsBody, ThroughputBody, TopEventTypesBody } from '@sluice/contract/admin-api/overview'
import { ReceiptBody } from '@sluice/contract/admin-api/receipts'
import { CheckBody, DeadLetterChangeBody, RedriveJobBody, RedriveJobsBody } from '@sluice/contract/admin-api/redrives'
import type { TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import type { RouteName } from './routes.ts'

export const ANSWER_SCHEMAS: Record<RouteName, TSchema> = {
  overview: OverviewBody,
  throughput: ThroughputBody,
  topEventTypes: TopEventTypesBody,
  health: HealthBody,
  about: AboutBody,
  tenants: TenantsBody,
  lag: LagBody,
  lagHistory: LagHistoryBody,
  backlog: BacklogBody,
  balance: BalanceBody,
  events: EventsBody,
  searchEvent: EventSearchBody,
  byIdempotencyKey: ByIdempotencyBody,
  receipt: ReceiptBody,
  deadLetters: DeadLettersBody,
  deadLetterGroups: DeadLetterGroupsBody,
  deadLetterCount: DeadLetterCountBody,
  deadLetterSample: SampleBody,
  deadLetter: DeadLetterBody,
  redriveJobs: RedriveJobsBody,
  redriveJob: RedriveJobBody,
  audit: AuditBody,
  check: CheckBody,
  redriveOne: DeadLetterChangeBody,
  dismiss: DeadLetterChangeBody,
  redriveMany: RedriveJobBody,
  cancelJob: RedriveJobBody,
  testEvent: TestEventBody,
}

const compiled = new Map<RouteName, Validator>()

/** Whether an answer is what the contract says: a member too many is ignored, a member missing is not. */
export function isKnownAnswer(name: RouteName, body: unknown): boolean {
  let validator = compiled.get(name)
  if (validator === undefined) {
    validator = Compile(ANSWER_SCHEMAS[name])
    compiled.set(name, validator)
  }
  return validator.Check(body)
}
