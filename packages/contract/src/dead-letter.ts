/** Why a record was set aside. Stable: dashboards and alerts go by them. */
export const DEAD_LETTER_REASONS = [
  'MALFORMED_RECORD',
  'MISSING_FIELD',
  'INVALID_FIELD',
  'UNSTORABLE',
  'IDEMPOTENCY_CONFLICT',
  'CRASH_LOOP',
] as const
export type DeadLetterReason = (typeof DEAD_LETTER_REASONS)[number]

/** Where on its way a record failed. */
export const DEAD_LETTER_STAGES = ['decode', 'validate', 'store'] as const
export type DeadLetterStage = (typeof DEAD_LETTER_STAGES)[number]

export const DEAD_LETTER_STATES = ['open', 'redriving', 'redriven', 'dismissed'] as const
export type DeadLetterState = (typeof DEAD_LETTER_STATES)[number]

/** A dead letter that failed again so often is left out of redrive jobs; on its own, mended, it may be redriven still. */
export const MAX_REDRIVE_ATTEMPTS = 5

/** What people do with dead letters. */
export type DeadLetterAction = 'redrive' | 'dismiss'

/** Which state permits which action, and if not, why: admin refuses by it, the dashboard disables by it. Null: permitted. */
export const DEAD_LETTER_ACTIONS = {
  open: { redrive: null, dismiss: null },
  redriving: {
    redrive: 'It is being redriven: wait for the outcome.',
    dismiss: 'It is being redriven: wait for the outcome.',
  },
  redriven: { redrive: 'Its event is stored.', dismiss: 'Its event is stored.' },
  dismissed: { redrive: null, dismiss: 'It is dismissed already.' },
} as const satisfies Record<DeadLetterState, Record<DeadLetterAction, string | null>>

/** Whether a redrive job leaves a dead letter out because it failed again too often. `attempt` is 1 for the first try. */
export const isExhausted = (attempt: number) => attempt > MAX_REDRIVE_ATTEMPTS

/** Why and where a record was set aside; travels in the headers of its record in the dead-letter topic. */
export type DeadLetterFacts = {
  reason: DeadLetterReason
  /** In words; never holds parts of the record. */
  detail: string
  /** JSON Pointer (RFC 6901) of the failing member of the event. */
  pointer: string | null
  stage: DeadLetterStage
  /** RFC 3339, UTC, milliseconds. */
  failedAt: string
  /** 1 for the first try, one more for each redrive that failed again. */
  attempt: number
  source: { topic: string; partition: number; offset: bigint }
}

/** The facts as record headers. A pointer may hold any character of a member's name, so it is percent-encoded. */
export function encodeDeadLetterHeaders(facts: DeadLetterFacts): Record<string, string> {
  const headers: Record<string, string> = {
    'sluice-reason': facts.reason,
    'sluice-detail': facts.detail,
    'sluice-stage': facts.stage,
    'sluice-failed-at': facts.failedAt,
    'sluice-attempt': String(facts.attempt),
    'sluice-source-topic': facts.source.topic,
    'sluice-source-partition': String(facts.source.partition),
    'sluice-source-offset': String(facts.source.offset),
  }
  if (facts.pointer !== null) headers['sluice-pointer'] = encodeURI(facts.pointer)
  return headers
}

/** The facts of a record in the dead-letter topic; null when its headers are not ours. */
export function decodeDeadLetterHeaders(headers: Readonly<Record<string, string>>): DeadLetterFacts | null {
  const reason = DEAD_LETTER_REASONS.find((known) => known === headers['sluice-reason'])
  const stage = DEAD_LETTER_STAGES.find((known) => known === headers['sluice-stage'])
  const failedAt = headers['sluice-failed-at']
  const topic = headers['sluice-source-topic']
  const [attempt, partition, offset] = ['attempt', 'source-partition', 'source-offset'].map((name) =>
    /^\d{1,18}$/.test(headers[`sluice-${name}`] ?? '') ? headers[`sluice-${name}`] : undefined,
  )
  if (!reason || !stage || !failedAt || !topic || !attempt || !partition || !offset) return null
  return {
    reason,
    stage,
    failedAt,
    detail: headers['sluice-detail'] ?? '',
    pointer: decodePointer(headers['sluice-pointer']),
    attempt: Number(attempt),
    source: { topic, partition: Number(partition), offset: BigInt(offset) },
  }
}

function decodePointer(encoded: string | undefined): string | null {
  if (encoded === undefined) return null
  try {
    return decodeURI(encoded)
  } catch {
    // A foreign writer's header: shown as it came.
    return encoded
  }
}
