import type { Env } from '@sluice/runtime/env'
import { readEnv } from '@sluice/runtime/env'
import { CommandError, EXIT_CODE, type ExitCode } from './exit-code.ts'
import { type Origin, originOf } from './origins.ts'
import { visibleText } from './visible-text.ts'

export type Json = Readonly<Record<string, unknown>>

/** An answer of the Admin API: its text as it came, numbers with all their digits, and the same parsed. */
export type AdminAnswer = { text: string; body: Json }

export interface AdminClient {
  /**
   * @param path below the origin, with its query
   * @throws {CommandError} 2 a parameter is wrong · 3 nobody answers · 4 not allowed · 5 not found · 1 anything else
   */
  get(path: string): Promise<AdminAnswer>
  /**
   * Asks for a change, or for what takes a body to ask.
   * @param body JSON text
   * @throws {CommandError} as `get`; with 3 it may have been done
   */
  post(path: string, body: string): Promise<AdminAnswer>
  /**
   * Opens a stream of server-sent events and resolves with it once it was granted; nothing limits how long it lasts.
   * @param headers such as `Last-Event-ID`
   * @throws {CommandError} as `get`
   */
  stream(
    path: string,
    options: { headers: Record<string, string>; signal: AbortSignal },
  ): Promise<ReadableStream<Uint8Array>>
}

/** Longer than the Admin API's own limits, so that its word is heard. */
const LIMIT_MS = 15_000

const EXIT_OF_STATUS: Readonly<Record<number, ExitCode>> = {
  400: EXIT_CODE.usage,
  401: EXIT_CODE.notAllowed,
  403: EXIT_CODE.notAllowed,
  404: EXIT_CODE.notFound,
}

export async function openAdminClient(
  flag: string | null,
  { env, dataDir }: { env: Env; dataDir: string },
): Promise<AdminClient> {
  const origin = await originOf('admin', { flag, env, dataDir })
  const token = readEnv(env).secret('ADMIN_TOKEN')
  const settled = async (path: string, init: RequestInit): Promise<AdminAnswer> => {
    const response = await ask(origin, path, token, { signal: AbortSignal.timeout(LIMIT_MS), ...init })
    const text = await heard(origin, response.text())
    const body = parseObject(text)
    if (response.ok && body !== null) return { text, body }
    throw toCommandError(response.status, body, origin)
  }
  return {
    get: (path) => settled(path, {}),
    post: (path, body) => settled(path, { method: 'POST', body, headers: { 'Content-Type': 'application/json' } }),
    async stream(path, { headers, signal }) {
      const response = await ask(origin, path, token, { headers, signal })
      if (response.ok && response.body !== null) return response.body
      throw toCommandError(response.status, parseObject(await heard(origin, response.text())), origin)
    },
  }
}

async function ask({ url, from }: Origin, path: string, token: string | null, init: RequestInit): Promise<Response> {
  const headers = { ...init.headers, ...(token === null ? {} : { Authorization: `Bearer ${token}` }) }
  return heard({ url, from }, fetch(url + path, { ...init, headers, redirect: 'manual' }))
}

async function heard<T>({ url, from }: Origin, answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    throw new CommandError(
      `the Admin API at ${url} (${from}) does not answer: start it with \`npx sluice dev\`, or name it with --admin-url`,
      EXIT_CODE.cannotConnect,
      { cause: error },
    )
  }
}

export function parseObject(text: string): Json | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : null
  } catch {
    // No JSON: somebody else answers there.
    return null
  }
}

function toCommandError(status: number, body: Json | null, { url }: Origin): CommandError {
  if (body === null || typeof body.code !== 'string')
    return new CommandError(
      `${url} answered ${status}, and not as the Admin API does: mend ADMIN_URL or --admin-url`,
      EXIT_CODE.failed,
    )
  const detail = typeof body.detail === 'string' ? visibleText(body.detail) : `it answered ${status}`
  const advice = status === 401 ? ' Set ADMIN_TOKEN to the token of that server.' : ''
  return new CommandError(`${detail}${advice}`, EXIT_OF_STATUS[status] ?? EXIT_CODE.failed)
}
