import type { AdminAnswer, AdminClient, Json } from '../admin-client.ts'
import { CommandError, EXIT_CODE, type ExitCode } from '../exit-code.ts'
import { balanceReport, isBalanced } from './balance-report.ts'
import { jobsReport } from './change-reports.ts'
import { deadLetterReport, deadLettersReport, eventsReport, lagReport, receiptReport } from './read-reports.ts'
import type { Request, TraceRequest } from './request.ts'
import { tenantsReport } from './tenants-report.ts'

export type ReadRequest = Extract<
  Request,
  { type: 'lag' | 'balance' | 'tenants_ls' | 'events_ls' | 'dlq_ls' | 'dlq_show' | 'redrives_ls' | 'trace' }
>

/** What a reading verb writes: data for standard output, talk for standard error. */
export type ReadResult = { stdout: string; talk: string | null; exitCode: ExitCode }

/**
 * Asks the Admin API and makes a report of the answer; with --json the answer itself, as it came.
 * @param tenants asked for one after the other where a name is unique only within its tenant
 */
export async function runRead(
  request: ReadRequest,
  admin: AdminClient,
  tenants: readonly string[],
): Promise<ReadResult> {
  switch (request.type) {
    case 'lag': {
      const answer = await admin.get('/admin/lag')
      const known = answer.body.total_lag !== null
      return result(request, answer, lagReport, known ? EXIT_CODE.done : EXIT_CODE.failed)
    }
    case 'balance': {
      const { minutes, tenant } = request
      const query = new URLSearchParams({ minutes, ...(tenant === null ? {} : { tenant }) })
      const answer = await admin.get(`/admin/balance?${query}`)
      const exitCode = isBalanced(answer.body) === true ? EXIT_CODE.done : EXIT_CODE.failed
      return result(request, answer, balanceReport, exitCode)
    }
    case 'tenants_ls':
      return result(request, await admin.get('/admin/tenants'), tenantsReport)
    case 'redrives_ls':
      return page(request, await admin.get(`/admin/redrives?${new URLSearchParams(request.query)}`), jobsReport)
    case 'events_ls':
      return page(request, await admin.get(`/admin/events?${new URLSearchParams(request.query)}`), eventsReport)
    case 'dlq_ls':
      return page(request, await admin.get(`/admin/dlq?${new URLSearchParams(request.query)}`), deadLettersReport)
    case 'dlq_show':
      return result(request, await admin.get(`/admin/dlq/${encodeURIComponent(request.id)}`), deadLetterReport)
    case 'trace':
      return result(request, await trace(request, admin, tenants), receiptReport)
    default:
      return request satisfies never
  }
}

function result(
  { json }: { json: boolean },
  { text, body }: AdminAnswer,
  report: (body: Json) => string,
  exitCode: ExitCode = EXIT_CODE.done,
): ReadResult {
  return { stdout: json ? `${text.trimEnd()}\n` : report(body), talk: null, exitCode }
}

function page(request: { json: boolean }, answer: AdminAnswer, report: (body: Json) => string): ReadResult {
  const { next_cursor: next } = answer.body
  const talk = !request.json && typeof next === 'string' ? `there is more: --cursor ${next}` : null
  return { ...result(request, answer, report), talk }
}

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i

/** A receipt is looked up by itself; an event id or a key within each tenant, in which it leads to a receipt. */
async function trace(
  { name, tenant }: TraceRequest,
  admin: AdminClient,
  tenants: readonly string[],
): Promise<AdminAnswer> {
  if (UUID.test(name)) {
    const answer = await admin.get(`/admin/receipts/${name.toLowerCase()}`)
    if (answer.body.state !== 'unknown') return answer
  }
  for (const tenantId of tenant === null ? tenants : [tenant])
    for (const [path, parameter] of [
      ['/admin/event/search', 'eventId'],
      ['/admin/event/by-idempotency', 'idempotencyKey'],
    ] as const) {
      const query = new URLSearchParams({ tenant: tenantId, [parameter]: name })
      const { body } = await admin.get(`${path}?${query}`)
      const found = [body.events, body.dead_letters].flatMap((rows) => (Array.isArray(rows) ? (rows as Json[]) : []))
      const receipt = found.find(({ receipt_id: id }) => typeof id === 'string')?.receipt_id
      if (typeof receipt === 'string') return admin.get(`/admin/receipts/${receipt}`)
    }
  throw new CommandError(
    `nobody knows ${JSON.stringify(name)}: a receipt is known once it was given out, an event id or a key once it is settled; name its tenant with --tenant`,
    EXIT_CODE.notFound,
  )
}
