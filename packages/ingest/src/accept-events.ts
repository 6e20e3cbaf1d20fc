import { encodeEnvelope } from '@sluice/contract/envelope'
import { newReceiptId } from '@sluice/contract/identifiers'
import { RAW_TOPIC } from '@sluice/contract/topics'
import type { AppendOutcome, AppendRecord, EventLog } from '@sluice/event-log'
import type { ClaimOutcome, Gate, Verdict } from '@sluice/gate'
import type { Clock } from '@sluice/runtime/clock'

/** One event whose request was in order: it asks for its place in the log. */
export type ArrivedEvent = {
  tenantId: string
  idempotencyKey: string
  /** Order holds among events of one tenant with the same one; null: it does not matter. */
  partitionKey: string | null
  /** The sender's bytes, as they came. */
  body: Uint8Array
  /** SHA-256 of `body`, 64 hex digits. */
  fingerprint: string
  requestId: string
  traceparent: string | null
  limitPerMin: number
}

/** What the gate said besides its verdict; null when the gate was not asked. */
export type LimitState = { limitPerMin: number; left: number; resetMs: number }

/** What became of one event. `gate` and `degraded` are facts of the gate's answer. */
export type Acceptance = { degraded: boolean; limit: LimitState | null } & (
  | { type: 'accepted'; duplicate: boolean; receiptId: string }
  | { type: 'in_flight' | 'over_limit'; retryAfterMs: number }
  | { type: 'other_body' }
  | { type: 'too_large'; limitBytes: number }
  /** Refused by the log, or its outcome is unknown: repeating the same key and bytes is safe. */
  | { type: 'log_unavailable' }
)

export type AcceptEvents = (events: readonly ArrivedEvent[]) => Promise<readonly Acceptance[]>

export type AcceptEventsParts = {
  gate: Pick<Gate, 'admit' | 'settle'>
  eventLog: Pick<EventLog, 'append'>
  clock: Clock
  /** Random per try; see AdmitRequest. */
  newToken: () => string
}

type Claimed = { index: number; token: string; receiptId: string }

/**
 * Takes one micro-batch through the gate into the log: one `admit`, one `append`, one `settle`, however many events.
 * Answers within 4.25 s (0.25 + 4), one acceptance per event, in order; `accepted` only for what is durable.
 */
export function createAcceptEvents({ gate, eventLog, clock, newToken }: AcceptEventsParts): AcceptEvents {
  return async (events) => {
    const nowMs = clock.now()
    const requests = events.map(({ tenantId, idempotencyKey, fingerprint, limitPerMin }) => ({
      tenantId,
      idempotencyKey,
      fingerprint,
      limitPerMin,
      token: newToken(),
      receiptId: newReceiptId(nowMs),
    }))

    // 1. Claim the keys. Dies here: the leases run out, a retry claims again. Nothing was accepted.
    const verdicts = await gate.admit(requests)
    const claimed: Claimed[] = []
    for (const [index, verdict] of verdicts.entries()) {
      if (verdict.outcome !== 'claimed') continue
      claimed.push({ index, token: at(requests, index).token, receiptId: verdict.receiptId })
    }
    if (claimed.length === 0) return verdicts.map((verdict, index) => toRefusal(verdict, at(events, index)))

    // 2. Append. Dies here: the records are in the log though nobody was told. A retry appends a second copy with the
    //    same receipt, and the store keeps one.
    const receivedAt = new Date(nowMs).toISOString()
    const records = claimed.map(({ index, receiptId }) => toRecord(at(events, index), receiptId, receivedAt))
    const outcomes = await eventLog.append(RAW_TOPIC, records)

    // 3. End the claims; the gate tells its engine with the next admit. Dies here: as after 2, and the claim's lease runs out first.
    await gate.settle(claimed.map((claim, nth) => toClaimOutcome(claim, at(events, claim.index), at(outcomes, nth))))

    const acceptances: Acceptance[] = verdicts.map((verdict, index) => toRefusal(verdict, at(events, index)))
    for (const [nth, { index, receiptId }] of claimed.entries()) {
      const verdict = at(verdicts, index)
      acceptances[index] = { ...gateFacts(verdict, at(events, index)), ...toAppended(at(outcomes, nth), receiptId) }
    }
    return acceptances
  }
}

function toRecord(event: ArrivedEvent, receiptId: string, receivedAt: string): AppendRecord {
  const { tenantId, idempotencyKey, fingerprint, requestId, partitionKey, traceparent } = event
  const head = { receiptId, tenantId, idempotencyKey, fingerprint, requestId, receivedAt }
  return {
    key: partitionKey === null ? null : `${tenantId}:${partitionKey}`,
    value: encodeEnvelope(head, event.body),
    headers: traceparent === null ? JSON_HEADERS : { ...JSON_HEADERS, traceparent },
  }
}

const JSON_HEADERS = { 'content-type': 'application/json' } as const

function toClaimOutcome(claim: Claimed, event: ArrivedEvent, { type }: AppendOutcome): ClaimOutcome {
  return {
    tenantId: event.tenantId,
    idempotencyKey: event.idempotencyKey,
    fingerprint: event.fingerprint,
    token: claim.token,
    receiptId: claim.receiptId,
    outcome: type,
  }
}

function toAppended(outcome: AppendOutcome, receiptId: string) {
  switch (outcome.type) {
    case 'done':
      return { type: 'accepted', duplicate: false, receiptId } as const
    case 'refused':
      return 'limitBytes' in outcome.error
        ? ({ type: 'too_large', limitBytes: outcome.error.limitBytes } as const)
        : ({ type: 'log_unavailable' } as const)
    case 'unknown':
      return { type: 'log_unavailable' } as const
    default:
      return outcome satisfies never
  }
}

const gateFacts = ({ degraded, left, resetMs }: Verdict, { limitPerMin }: ArrivedEvent) => ({
  degraded,
  limit: { limitPerMin, left, resetMs },
})

/** What an event gets whose key was not claimed. A claimed one stands as `log_unavailable` until its append is known. */
function toRefusal(verdict: Verdict, event: ArrivedEvent): Acceptance {
  const facts = gateFacts(verdict, event)
  switch (verdict.outcome) {
    case 'claimed':
      return { ...facts, type: 'log_unavailable' }
    case 'duplicate':
      return { ...facts, type: 'accepted', duplicate: true, receiptId: verdict.receiptId }
    case 'in_flight':
    case 'over_limit':
      return { ...facts, type: verdict.outcome, retryAfterMs: verdict.retryAfterMs }
    case 'other_body':
      return { ...facts, type: 'other_body' }
    default:
      return verdict satisfies never
  }
}

/** An element that a port promised: as many answers as questions. */
function at<T>(items: readonly T[], index: number): T {
  const item = items[index]
  if (item === undefined) throw new RangeError(`no answer for item ${index} of ${items.length}`)
  return item
}
