import { AUDIT_ACTIONS, type AuditEntry } from '@sluice/contract/admin-api/audit'
import { HOSTILE_TEXT } from './fake-events.ts'
import { isoTime, pick, receiptAt } from './fake-random.ts'

const PEOPLE = ['dashboard', 'ada', 'grace', 'ci'] as const
const ENTRIES = 130
/** One change every 11 minutes. */
const STEP_MS = 660_000

/** Changes of the last day, newest first. */
export function fakeAudit(
  asked: Readonly<{ action?: string; target?: string; since?: string }>,
  nowMs: number,
): AuditEntry[] {
  const newest = Math.floor(nowMs / STEP_MS)
  return Array.from({ length: ENTRIES }, (_, age) => anEntry(newest - age)).filter(
    ({ action, target, at }) =>
      (asked.action === undefined || asked.action === action) &&
      (asked.target === undefined || asked.target === target) &&
      (asked.since === undefined || at >= asked.since),
  )
}

function anEntry(index: number): AuditEntry {
  const atMs = index * STEP_MS
  const action = pick(AUDIT_ACTIONS, index, 8)
  const id = receiptAt(atMs, index % 60_000)
  const isMany = action === 'redrive_many'
  return {
    operation_id: receiptAt(atMs, (index % 60_000) + 1),
    at: isoTime(atMs),
    by: pick(PEOPLE, index, 9),
    action,
    target: isMany ? null : action === 'test_event' ? 'tenant_a' : id,
    count: isMany ? 142 : action === 'test_event' ? null : 1,
    note: index % 4 === 0 ? 'The producer has mended its clock.' : index % 29 === 0 ? HOSTILE_TEXT : null,
    request_id: `request-${index % 10_000}`,
    before: isMany || action === 'test_event' ? null : { state: 'open', attempts: 1 },
    after: isMany ? { job_id: id, matched: 142, rate_per_second: 50 } : { state: 'redriving', attempts: 1 },
  }
}
