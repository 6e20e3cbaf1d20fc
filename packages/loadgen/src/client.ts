import { connect } from 'node:net'
import { Pool } from 'undici'
import type { Sender } from './senders.ts'

/** What came of one request: an answer, or why there is none. Only a failure leaves open whether the event was taken in. */
export type Answer =
  | { type: 'answer'; status: number; body: string; retryAfter: string | null; degraded: boolean }
  | { type: 'failure'; reason: 'timeout' | 'connection'; code: string }

/** Sends events to ingest. `send` never throws and never retries. Disposing breaks off what is under way. */
export type EventClient = AsyncDisposable & {
  /**
   * Opens connections and lets the code that sends be compiled, so that the first events are not late for either. Asks for the health
   * of what is there, for half a second at most; no answer matters, not even none.
   */
  warmUp(): Promise<void>
  /** `headers` stand beside the usual ones, or in their place. */
  send(event: {
    sender: Sender
    key: string
    body: Buffer
    headers?: Readonly<Record<string, string>>
  }): Promise<Answer>
}

export type ClientOptions = {
  url: URL
  /** One connection for each request under way: a request that waited for another's connection would blame ingest for it. */
  connections: number
  /** Of silence, for the head and again for the body of an answer. */
  timeoutMs: number
}

/** Ingest answers within 5 s or says 503; twice that is silence. */
export const ANSWER_TIMEOUT_MS = 10_000

/** V8 has compiled what runs a thousand times; as many connections as some thousand events a second have under way. */
const WARM_UP = { requests: 4_800, connections: 64, maxMs: 1_000 } as const

export function createEventClient({ url, connections, timeoutMs }: ClientOptions): EventClient {
  const pool = new Pool(url.origin, {
    connections,
    pipelining: 1,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    connect: { timeout: timeoutMs },
  })
  const path = `${url.pathname.replace(/\/$/, '')}/events`

  return {
    async warmUp() {
      const signal = AbortSignal.timeout(WARM_UP.maxMs)
      const width = Math.min(connections, WARM_UP.connections)
      const ask = async () => {
        for (let nth = 0; nth < WARM_UP.requests / width; nth++) {
          const { body } = await pool.request({ path: '/healthz', method: 'GET', signal })
          await body.dump()
        }
      }
      await Promise.allSettled(Array.from({ length: width }, ask))
    },
    async send({ sender, key, body, headers: further }) {
      const headers = {
        'content-type': 'application/json',
        'x-api-key': sender.apiKey,
        'idempotency-key': key,
        ...further,
      }
      try {
        const response = await pool.request({ path, method: 'POST', headers, body })
        const retryAfter = response.headers['retry-after']
        return {
          type: 'answer',
          status: response.statusCode,
          body: await response.body.text(),
          retryAfter: typeof retryAfter === 'string' ? retryAfter : null,
          degraded: response.headers['sluice-degraded'] !== undefined,
        }
      } catch (error) {
        return toFailure(error)
      }
    },
    async [Symbol.asyncDispose]() {
      await pool.destroy()
    },
  }
}

function toFailure(error: unknown): Answer {
  const code = codeOf(error)
  // A connection that could not be made in time is a connection failure: nothing was asked of ingest yet.
  const isTimeout = code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT'
  return { type: 'failure', reason: isTimeout ? 'timeout' : 'connection', code }
}

function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return error instanceof Error ? error.name : 'UNKNOWN'
}

/** Tries one connection. Null when it could be made, else the system's code for why not (`ECONNREFUSED`, `ENOTFOUND`, …). */
export function whyUnreachable(url: URL, timeoutMs: number): Promise<string | null> {
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port)
  const { promise, resolve } = Promise.withResolvers<string | null>()
  const socket = connect({ host: url.hostname.replace(/^\[|\]$/g, ''), port, timeout: timeoutMs })
  socket.once('connect', () => resolve(null))
  socket.once('timeout', () => resolve('ETIMEDOUT'))
  socket.once('error', (error) => resolve(codeOf(error)))
  return promise.finally(() => socket.destroy())
}
