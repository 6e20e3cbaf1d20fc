import { SluiceError } from '@sluice/runtime/errors'

/** One event that asks to pass: for a share of its tenant's limit, and for its idempotency key. */
export type AdmitRequest = {
  tenantId: string
  idempotencyKey: string
  /** SHA-256 of the body's bytes, 64 hex digits. */
  fingerprint: string
  /** A random UUID per try: tells our own call, executed twice, from somebody else's. */
  token: string
  /** The receipt that this event gets if it is the first with its key. UUID v7. */
  receiptId: string
  /** Events in any 60 s that this tenant may send; 1 or more. */
  limitPerMin: number
}

export type Verdict = {
  /** True when the gate's engine was away and a per-process limiter answered: repeats are then removed at storage. */
  degraded: boolean
  /** What is left of the limit after this request. */
  left: number
  /** Milliseconds until `left` grows, if nobody takes from it meanwhile: 1 to 61,000. */
  resetMs: number
} /**
 * `claimed`: append it under this receipt, which is an earlier try's if that one may be in the log already.
 * `duplicate`: this very event is in the log, under this receipt.
 */ & (
  | { outcome: 'claimed' | 'duplicate'; receiptId: string }
  /** `in_flight`: another try holds the key. `over_limit`: the key was not looked at, nothing was taken; exact if nobody else takes. */
  | { outcome: 'in_flight' | 'over_limit'; retryAfterMs: number }
  /** The key belongs to an event with another fingerprint. */
  | { outcome: 'other_body' }
)

/** How the append of a claimed event ended. */
export type ClaimOutcome = {
  tenantId: string
  idempotencyKey: string
  token: string
  fingerprint: string
  receiptId: string
  outcome: 'done' | 'refused' | 'unknown'
}

/** What the gate saw in one minute, of one tenant. */
export type GateMinute = {
  /** The start of the minute, by the engine's clock. */
  minute: Date
  tenantId: string
  /** Keys that were settled as done for the first time in their window. */
  accepted: number
  /** Verdicts `duplicate`. */
  duplicates: number
  /** Verdicts `over_limit`. */
  limited: number
}

export type GateCounts = {
  /** Ascending by minute, then tenant; minutes in which nothing happened are absent. */
  minutes: readonly GateMinute[]
  /** Counts before this moment were lost or expired and are unknown, not 0. Verdicts given while the engine was away are in none. */
  since: Date
}

/**
 * What the gate remembers of a key: a try holds it, it is in the log, or a try ended without anybody knowing how.
 * `expiresAt` is when it is forgotten if nothing happens.
 */
export type KeyState = { state: 'in_flight' | 'accepted' | 'unknown'; receiptId: string; expiresAt: Date }

/**
 * Limits each tenant and claims idempotency keys. A fast filter only: the unique key in the store decides, and all that
 * a gate knows may be lost without losing or doubling an event. Rules: docs/architecture.md, "The gate".
 */
export interface Gate extends AsyncDisposable {
  /**
   * One verdict per request, in order, in one call to the engine however many requests there are.
   * Answers within 250 ms; when the engine is away it limits per process and says `degraded`. Does not throw for that.
   * Every verdict but `over_limit` costs one of the limit. Promises that of any number of requests with one key exactly one
   * is claimed, and that `duplicate` is said only of what is in the log; degraded verdicts promise neither.
   * @param requests 0 to 1,000, in order of arrival; they may share tenants and keys
   */
  admit(requests: readonly AdmitRequest[]): Promise<readonly Verdict[]>
  /**
   * Ends claims. Resolves as soon as every later `admit` through this gate will see it, which may be before the engine knows:
   * ends travel with the next `admit`, or by themselves after some milliseconds. Best effort: an engine that is away, or a
   * process that dies meanwhile, loses it. That costs at most one extra copy in the log, so it never throws.
   */
  settle(outcomes: readonly ClaimOutcome[]): Promise<void>
  /**
   * What happened at the gate in the last `minutes` minutes, the running one included; by the engine's clock.
   * @param tenantId null: every tenant
   * @param minutes 1 to 1,440
   * @throws {GateUnavailableError} retryable
   */
  counts(tenantId: string | null, minutes: number): Promise<GateCounts>
  /**
   * What is remembered of a key, null when nothing is; takes nothing and changes nothing.
   * @throws {GateUnavailableError} retryable
   */
  find(tenantId: string, idempotencyKey: string): Promise<KeyState | null>
  /**
   * Resolves when the engine answers; within 1 s.
   * @throws {GateUnavailableError} retryable
   */
  ready(): Promise<void>
}

/** The gate's engine is away. Events still pass, `degraded`; only what must ask the engine fails. */
export class GateUnavailableError extends SluiceError {
  override readonly name = 'GateUnavailableError'
  readonly code = 'GATE_UNAVAILABLE'
  readonly retryable = true
}
