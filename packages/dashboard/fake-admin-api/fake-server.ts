import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { listedQuery, matchRoute } from '../admin-api/match-route.ts'
import { LIVE_ROUTE } from '../admin-api/routes.ts'
import { FakeRefusal } from './fake-ledger.ts'
import { streamFakeLive } from './fake-live.ts'
import { FAKE_SCENARIOS, type FakeScenario } from './fake-numbers.ts'
import { createFakePlatform, type FakePlatform } from './fake-platform.ts'
import type { FakeAnswer } from './fake-situation.ts'

export type FakeAdminApi = AsyncDisposable & { url: string; platform: FakePlatform; requests: readonly string[] }

type FakeOptions = { port?: number; scenario?: FakeScenario; token?: string | null; now?: () => number }

/**
 * The Admin API in memory, on a server of its own. Some names fail on demand, for people and tests: the tenants `error_503`, `slow_5s`,
 * `unknown_numbers`, `stale`, `huge` and `hostile`, ids that end in 0404, 0409 and 0500, and `PUT /scenario/<name>` for all of the platform.
 */
export async function openFakeAdminApi({
  port = 0,
  scenario = 'normal',
  token = null,
  now = Date.now,
}: FakeOptions = {}): Promise<FakeAdminApi> {
  const platform = createFakePlatform(now, scenario)
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    void respond(request, response, { platform, token, now })
  })
  await once(server.listen(port, '127.0.0.1'), 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    platform,
    requests,
    async [Symbol.asyncDispose]() {
      // Ended by a test already, to see what a dashboard says then.
      if (!server.listening) return
      server.closeAllConnections()
      await server[Symbol.asyncDispose]()
    },
  }
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  { platform, token, now }: { platform: FakePlatform; token: string | null; now: () => number },
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://fake')
  const scenario = FAKE_SCENARIOS.find((name) => url.pathname === `/scenario/${name}`)
  if (request.method === 'PUT' && scenario !== undefined) {
    platform.setScenario(scenario)
    response.writeHead(204).end()
    return
  }
  if (token !== null && request.headers.authorization !== `Bearer ${token}`)
    return refuse(response, 401, 'UNAUTHENTICATED', 'Send the admin token.')
  if (request.method === 'GET' && url.pathname === LIVE_ROUTE.pattern) {
    const asked = listedQuery(LIVE_ROUTE, url.searchParams)
    if (platform.scenario === 'error_503' || asked.tenant === 'error_503')
      return refuse(response, 503, 'STORE_UNAVAILABLE', 'The store cannot answer now.')
    return streamFakeLive(response, asked, { scenario: () => platform.scenario, now })
  }
  const match = matchRoute(request.method ?? '', url.pathname)
  if (match === null) return refuse(response, 404, 'NOT_FOUND', 'There is no such route.')
  const asked = { ...listedQuery(match.route, url.searchParams), ...match.parameters }
  const id = match.parameters.id ?? match.parameters.receipt_id ?? ''
  if (platform.scenario === 'error_503' || asked.tenant === 'error_503')
    return refuse(response, 503, 'STORE_UNAVAILABLE', 'The store cannot answer now.')
  if (id.endsWith('0500')) return refuse(response, 500, 'INTERNAL', 'Something broke on our side.')
  if (id.endsWith('0404')) return refuse(response, 404, 'NOT_FOUND', 'There is no such thing.')
  if (platform.scenario === 'slow_5s' || asked.tenant === 'slow_5s')
    await new Promise((resolve) => setTimeout(resolve, 5_000))
  try {
    send(response, 200, platform.answer(match.name, asked, await readBody(request)))
  } catch (error) {
    if (error instanceof FakeRefusal) return refuse(response, error.status, error.code, error.message)
    refuse(response, 500, 'INTERNAL', String(error))
  }
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  return text === '' ? undefined : JSON.parse(text)
}

function send(response: ServerResponse, status: number, answer: FakeAnswer, type = 'application/json'): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', 'x-request-id': 'fake-request' })
  response.end(typeof answer === 'string' ? answer : JSON.stringify(answer))
}

function refuse(response: ServerResponse, status: number, code: string, detail: string): void {
  send(
    response,
    status,
    { type: 'about:blank', title: detail, status, detail, code, request_id: 'fake-request' },
    'application/problem+json',
  )
}
