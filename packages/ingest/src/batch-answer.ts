import { PROBLEMS, type ProblemCode } from '@sluice/contract/problems'
import type { Acceptance } from './accept-events.ts'
import { type Answer, limitHeaders, refusalOf } from './event-answers.ts'
import type { Refusal } from './request-head.ts'

/** What became of one event of a batch, as JSON. */
export type ItemResult = {
  status: number
  /** Null: it was accepted. */
  code: ProblemCode | null
  duplicate: boolean
  /** Seconds; null when sending the same again at once is as good. */
  retryAfter: number | null
  json: string
}

/** The result of one item: a receipt, or why there is none. */
export function toItemResult(index: number, outcome: Acceptance | Refusal): ItemResult {
  if ('type' in outcome && outcome.type === 'accepted') {
    const { duplicate, receiptId } = outcome
    // Every part is made by us, so that the text needs no escaping.
    const json = `{"index":${index},"status":202,"duplicate":${duplicate},"receipt_id":"${receiptId}"}`
    return { status: 202, code: null, duplicate, retryAfter: null, json }
  }
  const { code, detail, errors, facts, headers = [] } = 'type' in outcome ? refusalOf(outcome) : outcome
  const { status } = PROBLEMS[code]
  const wait = headers[headers.indexOf('Retry-After') + 1]
  return {
    status,
    code,
    duplicate: false,
    retryAfter: headers.includes('Retry-After') ? Number(wait) : null,
    json: JSON.stringify({ index, status, code, detail, ...(errors === undefined ? {} : { errors }), ...facts }),
  }
}

/**
 * The answer to a batch: 202 when all were accepted, the common status when all failed alike, else 207 (RFC 4918, section 11.1,
 * without its body).
 * @param acceptances those of the items that went through the gate, in the order of their verdicts
 */
export function toBatchAnswer(
  results: readonly ItemResult[],
  acceptances: readonly Acceptance[],
  requestId: string,
): Answer {
  const statuses = new Set(results.map(({ status }) => status))
  const [first = 207] = statuses
  const duplicates = results.filter(({ duplicate }) => duplicate).length
  const failed = results.filter(({ code }) => code !== null).length
  const waits = results.flatMap(({ retryAfter }) => retryAfter ?? [])
  const counts = `"accepted":${results.length - failed - duplicates},"duplicates":${duplicates},"failed":${failed}`
  return {
    status: statuses.size === 1 ? first : 207,
    headers: [
      ...['Content-Type', 'application/json'],
      ...(waits.length === 0 ? [] : ['Retry-After', String(Math.max(...waits))]),
      // The limit as it was after the last event that the gate judged.
      ...limitHeaders({
        limit: acceptances.findLast(({ limit }) => limit !== null)?.limit ?? null,
        degraded: acceptances.some(({ degraded }) => degraded),
      }),
    ],
    body: `{"request_id":"${requestId}",${counts},"results":[${results.map(({ json }) => json).join(',')}]}`,
    code: null,
  }
}
