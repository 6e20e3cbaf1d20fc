import { setTimeout as delay } from 'node:timers/promises'
import { request } from 'undici'
import { CommandError, EXIT_CODE } from '../exit-code.ts'
import { findDifference, isJsonObject, parseExactJson } from './exact-json.ts'
import type { DemoEvent } from './send-all.ts'

export type Mismatch = { receiptId: string; event: DemoEvent; what: string }
export type ReadBackResult = { equal: number; mismatches: Mismatch[]; missing: DemoEvent[] }

export type ReadBackParts = {
  adminUrl: URL
  adminToken: string | null
  /** How long nothing new may appear before the rest counts as missing. */
  patienceMs: number
  onProgress: (found: number) => void
}

const PAGE_SIZE = 200
const POLL_MS = 250
/** Pages looked through for the events, newest first: enough for 50,000 others stored in between. */
const MAX_PAGES = 250

/** Finds every sent event in `GET /admin/events` and compares it with what was sent. Waits for those still on their way. */
export async function readBack(sent: ReadonlyMap<string, DemoEvent>, parts: ReadBackParts): Promise<ReadBackResult> {
  const waiting = new Map(sent)
  const result: ReadBackResult = { equal: 0, mismatches: [], missing: [] }
  let lastNewsMs = performance.now()

  while (waiting.size > 0 && performance.now() - lastNewsMs < parts.patienceMs) {
    const before = waiting.size
    for await (const row of newestEvents(parts)) {
      const receiptId = String(row.receipt_id)
      const event = waiting.get(receiptId)
      if (event === undefined) continue
      waiting.delete(receiptId)
      const what = compare(row, event)
      if (what === null) result.equal++
      else result.mismatches.push({ receiptId, event, what })
      if (waiting.size === 0) break
    }
    parts.onProgress(sent.size - waiting.size)
    if (waiting.size < before) lastNewsMs = performance.now()
    if (waiting.size > 0) await delay(POLL_MS)
  }
  result.missing = [...waiting.values()]
  return result
}

/** Where a stored event differs from the one that was sent; null when nowhere. */
function compare(row: Record<string, unknown>, event: DemoEvent): string | null {
  const expected = {
    tenant_id: event.sender.tenantId,
    event_id: event.eventId,
    idempotency_key: event.key,
    event_type: event.template.eventType,
  }
  for (const [name, value] of Object.entries(expected)) if (row[name] !== value) return name
  const pointer = findDifference(row.payload, parseExactJson(event.template.payloadJson))
  return pointer === null ? null : `payload${pointer}`
}

async function* newestEvents(parts: ReadBackParts): AsyncGenerator<Record<string, unknown>> {
  let cursor: string | null = null
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer = await readPage(parts, cursor)
    yield* answer.rows
    if (answer.next === null) return
    cursor = answer.next
  }
}

async function readPage({ adminUrl, adminToken }: ReadBackParts, cursor: string | null) {
  const url = new URL(`${adminUrl.href.replace(/\/$/, '')}/admin/events?limit=${PAGE_SIZE}`)
  if (cursor !== null) url.searchParams.set('cursor', cursor)
  const headers = adminToken === null ? {} : { authorization: `Bearer ${adminToken}` }
  const { status, text } = await request(url, { headers, headersTimeout: 10_000, bodyTimeout: 10_000 }).then(
    async ({ statusCode, body }) => ({ status: statusCode, text: await body.text() }),
    (cause: unknown) => {
      const advice = 'The events were accepted; give the address with --admin-url to read them back.'
      throw new CommandError(
        `cannot connect to the Admin API at ${adminUrl.href}. ${advice}`,
        EXIT_CODE.cannotConnect,
        {
          cause,
        },
      )
    },
  )
  if (status === 401 || status === 403)
    throw new CommandError('the Admin API refused us: set ADMIN_TOKEN to its token', EXIT_CODE.notAllowed)
  if (status !== 200) throw new CommandError(`GET ${url.pathname} answered ${status}`, EXIT_CODE.failed)
  const answer = parseExactJson(text)
  if (!isJsonObject(answer) || !Array.isArray(answer.data))
    throw new CommandError(`GET ${url.pathname} did not answer with a list of events`, EXIT_CODE.failed)
  const next = typeof answer.next_cursor === 'string' ? answer.next_cursor : null
  return { rows: answer.data.filter(isJsonObject), next }
}
