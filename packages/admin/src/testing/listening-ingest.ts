import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'

export type ReceivedPost = { path: string; headers: IncomingMessage['headers']; body: string }
export type IngestAnswer = { status: number; body: object; headers?: Record<string, string> }

/** A server that stands where ingest would, keeps what it was sent, and answers as `answer` says. */
export async function openListeningIngest(t: TestContext, answer: (post: ReceivedPost, nth: number) => IngestAnswer) {
  const posts: ReceivedPost[] = []
  const server = createServer(async (request, response) => {
    const post = { path: request.url ?? '', headers: request.headers, body: await text(request) }
    posts.push(post)
    const { status, body, headers = {} } = answer(post, posts.length)
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, posts }
}
