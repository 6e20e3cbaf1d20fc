import type { AuditEntry } from '@sluice/contract/admin-api/audit'
import { AUDIT_ACTIONS, type AuditAction } from '@sluice/contract/audit-actions'
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
  return {
    operation_id: receiptAt(atMs, (index % 60_000) + 1),
    at: isoTime(atMs),
    by: pick(PEOPLE, index, 9),
    action,
    note: index % 4 === 0 ? 'The producer has mended its clock.' : index % 29 === 0 ? HOSTILE_TEXT : null,
    request_id: `request-${index % 10_000}`,
    ...changeOf(action, receiptAt(atMs, index % 60_000)),
  }
}

function changeOf(action: AuditAction, id: string): Pick<AuditEntry, 'target' | 'count' | 'before' | 'after'> {
  const redriving = { state: 'redriving', attempts: 1 }
  const keyId = id.replaceAll('-', '').slice(-12)
  const apiKey = { tenant_id: 'tenant_a', label: 'billing' }
  switch (action) {
    case 'redrive_many':
      return { target: null, count: 142, before: null, after: { job_id: id, matched: 142, rate_per_second: 50 } }
    case 'test_event':
      return { target: 'tenant_a', count: null, before: null, after: redriving }
    case 'create_key':
      return { target: keyId, count: 1, before: null, after: apiKey }
    case 'revoke_key':
      return {
        target: keyId,
        count: 1,
        before: { ...apiKey, revoked_at: null },
        after: { ...apiKey, revoked_at: '2026-01-31T12:00:00.000Z' },
      }
    default:
      return { target: id, count: 1, before: { state: 'open', attempts: 1 }, after: redriving }
  }
}
