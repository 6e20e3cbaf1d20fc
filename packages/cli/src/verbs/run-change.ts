import { delay } from '@sluice/runtime/backoff'
import type { AdminAnswer, AdminClient, Json } from '../admin-client.ts'
import { CommandError, EXIT_CODE, type ExitCode } from '../exit-code.ts'
import { checkReport, deadLetterChangeReport, jobReport } from './change-reports.ts'
import type { ChangeRequest, Selection } from './request.ts'
import { operationOf, sendOperation } from './send-operation.ts'

/** What a verb that changes something is given from outside. */
export type ChangeParts = {
  admin: AdminClient
  /** Text of `--edit`. @throws {CommandError} 2 when it cannot be read */
  readEdit(file: string): Promise<string>
  /** For people, on standard error. */
  say(line: string): void
  /** For standard output. */
  write(text: string): void
}

type Redrive = Extract<ChangeRequest, { type: 'dlq_redrive' }>
type Dismiss = Extract<ChangeRequest, { type: 'dlq_dismiss' }>

/** A job moves by its rate: a second is as fine as a person reads. */
const POLL_MS = 1_000

/** Does what a verb asks of dead letters and jobs, and says what came of it. @throws {CommandError} */
export async function runChange(request: ChangeRequest, parts: ChangeParts): Promise<ExitCode> {
  switch (request.type) {
    case 'dlq_check': {
      const answer = await check(request.selection, await editOf(request.edit, parts), parts)
      print(request, answer, checkReport, parts)
      return found(answer)
    }
    case 'dlq_redrive':
      return redrive(request, parts)
    case 'dlq_dismiss':
      return dismiss(request, parts)
    case 'redrives_show': {
      const path = `/admin/redrives/${encodeURIComponent(request.id)}`
      return showJob(request, await parts.admin.get(path), parts)
    }
    case 'redrives_cancel': {
      const path = `/admin/redrives/${encodeURIComponent(request.id)}/cancel`
      print(request, await change(path, operationOf(request), null, parts), jobReport, parts)
      return EXIT_CODE.done
    }
    default:
      return request satisfies never
  }
}

async function redrive(request: Redrive, parts: ChangeParts): Promise<ExitCode> {
  const edit = await editOf(request.edit, parts)
  const { selection, note } = request
  const operation = { ...operationOf(request), ...(note === null ? {} : { note }) }
  const [id, ...more] = 'ids' in selection ? selection.ids : []
  if (id !== undefined && more.length === 0) {
    const answer = await change(`/admin/dlq/${encodeURIComponent(id)}/redrive`, operation, edit, parts)
    const jobId = answer.body.job_id
    if (!request.wait || typeof jobId !== 'string') {
      print(request, answer, deadLetterChangeReport, parts)
      return EXIT_CODE.done
    }
    return showJob(request, await parts.admin.get(`/admin/redrives/${jobId}`), parts)
  }
  const checked = await check(selection, edit, parts)
  const matched = checked.body.matched
  if (!request.yes) {
    print(request, checked, checkReport, parts)
    if (matched !== 0) parts.say(`nothing was changed: add --yes to redrive ${matched}`)
    return matched === 0 ? EXIT_CODE.notFound : EXIT_CODE.usage
  }
  if (matched === 0) {
    print(request, checked, checkReport, parts)
    return EXIT_CODE.notFound
  }
  // The server compares the count with what matches then: nobody redrives what was not counted here.
  const job = {
    ...operation,
    ...selection,
    rate_per_second: wholeNumber('--rate', request.rate),
    confirm_count: matched,
  }
  return showJob(request, await change('/admin/redrives', job, edit, parts), parts)
}

async function dismiss(request: Dismiss, parts: ChangeParts): Promise<ExitCode> {
  const { ids, note } = request
  if (ids.length > 1 && !request.yes) {
    parts.say(`nothing was changed: add --yes to dismiss ${ids.length}`)
    return EXIT_CODE.usage
  }
  if (ids.length > 1 && request.operationId !== null)
    throw new CommandError('--operation-id stands for one change: dismiss one at a time with it', EXIT_CODE.usage)
  for (const id of ids) {
    const path = `/admin/dlq/${encodeURIComponent(id)}/dismiss`
    print(request, await change(path, { ...operationOf(request), note }, null, parts), deadLetterChangeReport, parts)
  }
  return EXIT_CODE.done
}

/** Prints how a job stands, at once or when it is over. */
async function showJob(
  request: { json: boolean; wait: boolean },
  first: AdminAnswer,
  parts: ChangeParts,
): Promise<ExitCode> {
  let answer = first
  let said = ''
  while (request.wait && isUnderWay(answer.body)) {
    const { done, matched, stored, failed_again: failedAgain } = answer.body
    const news = `${done} of ${matched} appended, ${stored} stored, ${failedAgain} failed again`
    if (news !== said && !request.json) parts.say(news)
    said = news
    await delay(POLL_MS)
    answer = await parts.admin.get(`/admin/redrives/${encodeURIComponent(String(answer.body.id))}`)
  }
  print(request, answer, jobReport, parts)
  const { state, failed_again: failedAgain, left_out: leftOut } = answer.body
  const isWhole = state === 'done' && failedAgain === 0 && leftOut === 0
  return request.wait && !isWhole ? EXIT_CODE.failed : EXIT_CODE.done
}

/** A cancelled job still learns what became of what it had appended. */
const isUnderWay = ({ state, waiting }: Json) => state === 'running' || (state === 'cancelled' && waiting !== 0)

const check = (selection: Selection, edit: string | null, { admin }: ChangeParts) =>
  admin.post('/admin/dlq/check', withEdit(selection, edit))

const found = ({ body }: AdminAnswer): ExitCode => (body.matched === 0 ? EXIT_CODE.notFound : EXIT_CODE.done)

const change = (
  path: string,
  body: { operation_id: string; [member: string]: unknown },
  edit: string | null,
  { admin }: ChangeParts,
): Promise<AdminAnswer> => sendOperation(admin, path, body, withEdit(body, edit))

/** The edit goes as the text that it is: numbers keep their digits. */
const withEdit = (body: object, edit: string | null): string =>
  edit === null ? JSON.stringify(body) : `${JSON.stringify(body).slice(0, -1)},"edit":${edit}}`

async function editOf(file: string | null, { readEdit }: ChangeParts): Promise<string | null> {
  if (file === null) return null
  const text = await readEdit(file)
  try {
    if (Array.isArray(JSON.parse(text))) return text
  } catch (error) {
    throw new CommandError('--edit must be JSON: a list of operations (RFC 6902)', EXIT_CODE.usage, { cause: error })
  }
  throw new CommandError('--edit must be a list of operations (RFC 6902)', EXIT_CODE.usage)
}

function wholeNumber(flag: string, text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new CommandError(`${flag} must be a whole number, got ${JSON.stringify(text)}`, EXIT_CODE.usage)
}

const print = (
  { json }: { json: boolean },
  { text, body }: AdminAnswer,
  report: (body: Json) => string,
  { write }: ChangeParts,
) => write(json ? `${text.trimEnd()}\n` : report(body))
