/** How long calls may take, ms. */
export type CallLimits = {
  /** Then the local limiter answers. */
  admitMs: number
  settleMs: number
}

/**
 * What the port promises. An event may wait for the admit of those before it and then for its own: 2 × 250 are the 500 ms that an
 * absent gate may add to an answer (docs/decisions/0011).
 */
export const CALL_LIMITS: CallLimits = { admitMs: 250, settleMs: 200 }

/** How long a question that may fail (`counts`, `find`, `ready`) may take, ms. */
export const QUESTION_LIMIT_MS = 1_000

/**
 * How long a claim is held for its holder, ms. Longer than what the holder may take, admit 250 + append 4,000, so that
 * nobody loses a claim to its own retry; short enough that after a crash one retry of the producer gets through.
 */
export const CLAIM_LEASE_MS = 6_000

/** What a sender waits that meets a claim in flight, ms: most appends are done long before. */
export const IN_FLIGHT_RETRY_MS = 1_000

/** How long counts are kept, ms. */
export const COUNTS_KEPT_MS = 24 * 60 * 60 * 1_000
