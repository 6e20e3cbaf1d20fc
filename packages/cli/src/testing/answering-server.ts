import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'

export type AskedRequest = { line: string; body: Record<string, unknown> | null; text: string }

/** A server that answers as told, and remembers what it was asked. */
export async function startServer(t: TestContext, listener: RequestListener) {
  const asked: string[] = []
  const requests: AskedRequest[] = []
  const server = createServer(async (request, response) => {
    const line = `${request.method} ${request.url}`
    asked.push(line)
    if (request.method === 'POST') {
      const body = await text(request)
      requests.push({ line, text: body, body: parse(body) })
    }
    listener(request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, requests }
}

function parse(body: string): Record<string, unknown> | null {
  try {
    return JSON.parse(body) as Record<string, unknown>
  } catch {
    // An event may be anything; `text` has it.
    return null
  }
}

/** Answers with a status and a body, JSON unless it is text. */
export const answer =
  (status: number, body: unknown, headers: Record<string, string> = {}): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body))

/** A problem as the Admin API answers it. */
export const problem = (code: string, detail: string) => ({
  ...{ code, detail, status: 0, title: '', type: '', request_id: 'r' },
})
