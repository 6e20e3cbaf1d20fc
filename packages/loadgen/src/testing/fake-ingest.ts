import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

/** A request as it arrived, in the order of arrival. */
export type SeenRequest = {
  index: number
  apiKey: string
  key: string
  contentType: string
  body: string
}

/** What the server does with a request instead of answering as ingest does; null leaves it to that. */
export type Misbehaviour = { status: number; body?: string; headers?: Record<string, string> } | 'hang' | 'reset' | null

export type FakeIngest = { url: string; seen: SeenRequest[] }

/** A bare HTTP server that answers as ingest does: 202, 202 duplicate, or 422 for another body under a used key. */
export async function startFakeIngest(
  t: TestContext,
  {
    misbehave = () => null,
    delayMs = () => 0,
    until = async () => {},
    stalls = false,
  }: {
    misbehave?: (request: SeenRequest) => Misbehaviour
    /** How long an answer is held back. */
    delayMs?: (request: SeenRequest) => number
    /** What an answer is held back for. */
    until?: (request: SeenRequest) => Promise<void>
    /** Whether even its health is never told. */
    stalls?: boolean
  } = {},
): Promise<FakeIngest> {
  const seen: SeenRequest[] = []
  const bodies = new Map<string, string>()

  const server = createServer(async (request, response) => {
    if (request.method === 'GET') return stalls ? undefined : answer(response, 200, { status: 'ok' })
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const header = (name: string) => String(request.headers[name] ?? '')
    const arrived: SeenRequest = {
      index: seen.length,
      apiKey: header('x-api-key'),
      key: header('idempotency-key'),
      contentType: header('content-type'),
      body: Buffer.concat(chunks).toString(),
    }
    seen.push(arrived)
    if (request.method !== 'POST' || request.url !== '/events') return answer(response, 404, {})
    const wait = delayMs(arrived)
    if (wait > 0) await delay(wait)
    await until(arrived)
    const instead = misbehave(arrived)
    if (instead === 'hang') return
    if (instead === 'reset') return void request.socket.destroy()
    if (instead !== null) return void response.writeHead(instead.status, instead.headers).end(instead.body ?? '{}')
    const scoped = `${arrived.apiKey} ${arrived.key}`
    const before = bodies.get(scoped)
    if (before !== undefined && before !== arrived.body)
      return answer(response, 422, { code: 'IDEMPOTENCY_KEY_REUSED' })
    bodies.set(scoped, arrived.body)
    answer(response, 202, { status: 'accepted', duplicate: before !== undefined, receipt_id: `r-${arrived.index}` })
  })

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** An address at which nothing listens: whoever asks for any free port is never given this one. */
export const UNUSED_URL = 'http://127.0.0.1:1'
