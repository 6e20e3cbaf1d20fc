import { randomUUID } from 'node:crypto'
import { delay } from '@sluice/runtime/backoff'
import { type Json, parseObject } from '../admin-client.ts'
import { CommandError, EXIT_CODE, type ExitCode } from '../exit-code.ts'
import type { ApiKey, Origin } from '../origins.ts'
import { visibleText } from '../visible-text.ts'
import type { SendRequest } from './request.ts'

export type SendParts = {
  request: SendRequest
  body: Buffer
  origin: Origin
  apiKey: ApiKey
  say: (line: string) => void
}

/** These leave the outcome open: the same again, with the same key, is always safe. */
const REPEATED: ReadonlySet<number> = new Set([408, 409, 429, 503])
/** An ingest that starts anew is back within seconds; who is over the limit for longer is told so. */
const MAX_TRIES = 5
const MAX_WAIT_MS = 5_000
/** Longer than the 5 s within which ingest answers. */
const ANSWER_LIMIT_MS = 10_000

/** Posts one event until it is answered for good. Returns what goes to standard output. */
export async function runSend(parts: SendParts): Promise<{ stdout: string; exitCode: ExitCode }> {
  const { request, body, origin, apiKey, say } = parts
  const key = request.key ?? keyOf(body)
  say(`posting to ${origin.url} as ${apiKey.tenant}, idempotency key ${visibleText(key)}`)
  const answer = await sendUntilAnswered(parts, key)
  if (answer === null)
    throw new CommandError(
      `ingest at ${origin.url} (${origin.from}) does not answer: start it with \`npx sluice dev\`, or name it with --url; the same again is safe with --key ${visibleText(key)}`,
      EXIT_CODE.cannotConnect,
    )
  const { status, text, json } = answer
  const stdout = request.json ? `${text.trimEnd()}\n` : report(status, json)
  if (status === 202) return { stdout, exitCode: EXIT_CODE.done }
  if (!request.json) say(adviceOf(status))
  return { stdout, exitCode: status === 401 || status === 403 ? EXIT_CODE.notAllowed : EXIT_CODE.failed }
}

/** The event's own id, so that the same file sent twice is one event; else a new key. */
function keyOf(body: Buffer): string {
  const id = parseObject(body.toString())?.event_id
  return typeof id === 'string' && /^[\x21-\x7e]{1,255}$/.test(id) ? id : randomUUID()
}

type Answer = { status: number; text: string; json: Json }

/** Null when nobody ever answered. */
async function sendUntilAnswered(parts: SendParts, key: string): Promise<Answer | null> {
  let last: Answer | null = null
  for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
    const { answer, waitMs } = await sendOnce(parts, key)
    last = answer ?? last
    if (answer !== null && !REPEATED.has(answer.status)) return answer
    // Over the limit for longer than anybody waits for a prompt.
    if (tries === MAX_TRIES || waitMs > MAX_WAIT_MS) break
    parts.say(`${answer === null ? 'no answer' : `answered ${answer.status}`}; the same again in ${waitMs / 1000} s`)
    await delay(waitMs)
  }
  return last
}

async function sendOnce({ request, body, origin, apiKey }: SendParts, key: string) {
  try {
    const response = await fetch(`${origin.url}/events`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        'X-API-Key': apiKey.key,
        'Idempotency-Key': key,
        ...(request.strict ? { Prefer: 'handling=strict' } : {}),
      },
      body: new Uint8Array(body),
      signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
    })
    const text = await response.text()
    const waitMs = Number(response.headers.get('retry-after') ?? 1) * 1000
    return { answer: { status: response.status, text, json: parseObject(text) ?? {} }, waitMs }
  } catch {
    // Refused, broken or too late: whether the event arrived is unknown, so the same is sent again.
    return { answer: null, waitMs: 1_000 }
  }
}

function report(status: number, json: Json): string {
  if (status === 202) return `${json.duplicate === true ? 'duplicate' : 'accepted'}  ${String(json.receipt_id)}\n`
  const errors = Array.isArray(json.errors) ? (json.errors as Json[]) : []
  const lines = errors.map(({ pointer, detail }) => `  ${visibleText(String(pointer))}: ${visibleText(String(detail))}`)
  return [
    `${status} ${visibleText(String(json.code ?? ''))}: ${visibleText(String(json.detail ?? ''))}`,
    ...lines,
    '',
  ].join('\n')
}

function adviceOf(status: number): string {
  if (status === 401) return 'name the tenant with --tenant, and its key in API_KEYS'
  if (REPEATED.has(status)) return 'nothing is lost: send the same again later'
  return 'mend the event, then send it again'
}
