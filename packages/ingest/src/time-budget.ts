import { CALL_LIMITS } from '@sluice/gate/timing'

/** From the last byte of a body to its answer, ms; README, "Promises". */
const ANSWER_MS = 5_000
/** What an append may take with all its tries, ms: the port EventLog. */
const APPEND_MS = 4_000
/** To compose and write the answer, ms. */
const WRITE_MS = 50

/**
 * How long an event may wait for a free lane, ms: twice what an admit may take, so that whoever waits behind one that a stalled
 * engine does not answer is accepted, degraded, and not turned away: docs/decisions/0011.
 */
const MAX_QUEUE_MS = Math.min(2 * CALL_LIMITS.admitMs, ANSWER_MS - CALL_LIMITS.admitMs - APPEND_MS - WRITE_MS)

/** A micro-batch: enough for one engine call to be cheap per event, small enough for its time limits. */
export const MICRO_BATCH = { maxItems: 1_000, maxBytes: 4_194_304, lanes: 4, growMs: 3, maxWaitMs: MAX_QUEUE_MS }
