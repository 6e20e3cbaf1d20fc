import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import type { Clock } from '@sluice/runtime/clock'
import { eventually } from '@sluice/runtime/testing/eventually'
import { createManualClock } from '@sluice/runtime/testing/manual-clock'
import type { AdmitRequest, ClaimOutcome, Gate, Verdict } from '../gate.ts'
import type { CallLimits } from '../timing.ts'

/** Answers are what is looked at here: a machine at its limit must not turn them into `degraded` ones. */
export const PATIENT: CallLimits = { admitMs: 30_000, settleMs: 30_000 }

export type GateSettings = { clock: Clock; windowMs: number; leaseMs: number; limits: CallLimits; rideMs?: number }

/** Makes a gate on an engine that holds nothing yet, tied to `t`. `another` is a second gate on the same engine. */
export type OpenTestGate = (t: TestContext, settings: GateSettings) => Promise<{ gate: Gate; another: Gate }>

export const WINDOW_MS = 30 * 60_000
export const LEASE_MS = 6_000
/** The middle of a second of a minute; later than any engine was set up. */
export const START_MS = Date.UTC(2040, 0, 1, 12, 0, 20, 400)

export const FINGERPRINT = 'a1'.repeat(32)
export const OTHER_FINGERPRINT = 'b2'.repeat(32)

/** A gate with the usual settings whose clock the test moves. */
export async function openWith(open: OpenTestGate, t: TestContext, settings: Partial<GateSettings> = {}) {
  const clock = createManualClock(START_MS)
  const { gate, another } = await open(t, {
    clock,
    windowMs: WINDOW_MS,
    leaseMs: LEASE_MS,
    limits: PATIENT,
    ...settings,
  })
  return { gate, another, clock }
}

/** A first request with a key of its own. */
export function anAdmitRequest(known: Partial<AdmitRequest> = {}): AdmitRequest {
  return {
    tenantId: 'tenant_a',
    idempotencyKey: randomUUID(),
    fingerprint: FINGERPRINT,
    token: randomUUID(),
    receiptId: randomUUID(),
    limitPerMin: 300,
    ...known,
  }
}

/** The same event, tried once more: a token and a receipt of its own. */
export const aRetryOf = (request: AdmitRequest): AdmitRequest => ({
  ...request,
  token: randomUUID(),
  receiptId: randomUUID(),
})

export async function admitOne(gate: Gate, request: AdmitRequest): Promise<Verdict> {
  const verdicts = await gate.admit([request])
  assert.equal(verdicts.length, 1)
  return verdicts[0] as Verdict
}

/** What a question comes to. It has a limit of its own, which is over now and then on a machine at its limit: then it is asked again. */
export async function answerTo<T>(ask: () => Promise<T>): Promise<T> {
  const { answer } = await eventually(async () => ({ answer: await ask() }))
  return answer
}

/** `count` first requests, a key each. */
export const many = (count: number, known: Partial<AdmitRequest> = {}): AdmitRequest[] =>
  Array.from({ length: count }, () => anAdmitRequest(known))

/** Ends the claim that `request` got. */
export async function settleOne(gate: Gate, request: AdmitRequest, outcome: ClaimOutcome['outcome']): Promise<void> {
  const { tenantId, idempotencyKey, token, fingerprint, receiptId } = request
  await gate.settle([{ tenantId, idempotencyKey, token, fingerprint, receiptId, outcome }])
}

/** A request that was let through and is in the log. */
export async function anAccepted(gate: Gate, known: Partial<AdmitRequest> = {}): Promise<AdmitRequest> {
  const request = anAdmitRequest(known)
  assertClaimed(await admitOne(gate, request), request.receiptId)
  await settleOne(gate, request, 'done')
  return request
}

export function assertClaimed(verdict: Verdict, receiptId: string): void {
  assert.deepEqual(told(verdict), { outcome: 'claimed', receiptId })
}

/** A verdict without what it says of the limit. */
export function told(verdict: Verdict) {
  const { degraded, left, resetMs, ...rest } = verdict
  assert.equal(degraded, false)
  return rest
}

export const outcomesOf = (verdicts: readonly Verdict[]) => verdicts.map(({ outcome }) => outcome)
