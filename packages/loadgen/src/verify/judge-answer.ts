import { isUuid } from '@sluice/contract/identifiers'
import { PROBLEMS } from '@sluice/contract/problems'
import type { AnswerLine } from '../ledger/ledger-line.ts'
import type { EventClass } from '../plan.ts'

/** What the ledger knew of an event when one of its tries was answered. */
export type TryContext = {
  class: EventClass
  expect: string | null
  /** Ingest was asked to validate. */
  strict: boolean
  /** Nobody may have used the run's keys before. */
  fresh: boolean
  /** No fault was made on purpose: then the gate remembers what it was told. */
  noFaults: boolean
  /** Tries of this very event so far, this one included. */
  tries: number
  /** Whether an earlier try has no final answer: its receipt may be one that nobody told us. */
  earlierUnknown: boolean
  /** Whether this event was accepted before this try left. */
  acceptedBefore: boolean
  /** Whether that is so short ago that the gate must still know it. */
  insideWindow: boolean
  /** Whether another body under the same key was sent, and accepted before this try left. */
  otherBodySent: boolean
  otherBodyAccepted: boolean
  isKnownReceipt: (receiptId: string) => boolean
}

export type AnswerFault = { number: 'badAnswer' | 'missedDup'; why: string }

const bad = (why: string): AnswerFault => ({ number: 'badAnswer', why })
const NEEDS_RETRY_AFTER: ReadonlySet<number> = new Set([409, 429, 503])

/** What is wrong with an answer, by the table of the package's README; null when nothing is. */
export function judgeAnswer(answer: AnswerLine, context: TryContext): AnswerFault | null {
  const { status } = answer
  if (status === null) return null
  if (status === 202) return judgeAccepted(answer, context)
  return judgeProblem(answer, status) ?? judgeRefusal(answer, status, context)
}

function judgeProblem({ code, type, retry_after }: AnswerLine, status: number): AnswerFault | null {
  const problem = Object.entries(PROBLEMS).find(([name]) => name === code)?.[1]
  if (problem === undefined || problem.status !== status) return bad(`${status} with the code ${code ?? 'of nothing'}`)
  if (type !== `/problems/${problem.name}`) return bad(`${status} ${code} with the type ${type}`)
  if (NEEDS_RETRY_AFTER.has(status) && !/^[1-9]\d{0,5}$/.test(retry_after ?? ''))
    return bad(`${status} with Retry-After ${retry_after ?? 'missing'}`)
  return null
}

function judgeRefusal({ code }: AnswerLine, status: number, context: TryContext): AnswerFault | null {
  const { class: eventClass, expect } = context
  if (status === 503 || status === 408) return null
  if (eventClass === 'bad-at-edge')
    return String(status) === expect ? null : bad(`${status} ${code} instead of ${expect}`)
  switch (status) {
    case 429:
      return null
    case 409:
      return context.tries > 1 ? null : bad('409 though no other try was under way')
    case 422:
      if (code === 'INVALID_EVENT' && context.strict && eventClass === 'bad-at-processor') return null
      return code === 'IDEMPOTENCY_KEY_REUSED' && context.otherBodySent
        ? null
        : bad(`422 ${code} though no other body was sent under this key`)
    default:
      return bad(`${status} ${code} for an event that is ${eventClass}`)
  }
}

function judgeAccepted(answer: AnswerLine, context: TryContext): AnswerFault | null {
  const { duplicate, degraded = false, receipt_id: receiptId = '' } = answer
  if (context.class === 'bad-at-edge') return bad(`202 instead of ${context.expect}`)
  if (context.class === 'bad-at-processor' && context.strict) return bad('202 instead of 422 INVALID_EVENT')
  if (duplicate === undefined || !isUuid(receiptId)) return bad('202 without a receipt or without duplicate')
  if (duplicate) {
    if (context.fresh && context.tries === 1) return bad('duplicate: true for the first try of its key')
    if (context.acceptedBefore && !context.earlierUnknown && !context.isKnownReceipt(receiptId))
      return bad(`duplicate: true with the receipt ${receiptId}, which is not that of the first`)
    return null
  }
  if (context.noFaults && context.otherBodyAccepted && !degraded && context.insideWindow)
    return bad('202 for another body under a used key')
  if (context.acceptedBefore && context.insideWindow)
    return { number: 'missedDup', why: `duplicate: false under the receipt ${receiptId} after it was accepted before` }
  return null
}
