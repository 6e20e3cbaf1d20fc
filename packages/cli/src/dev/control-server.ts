import { randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { StackStatus } from './status.ts'

/** What another terminal may ask of the supervisor. */
export interface StackControl {
  /** The status as of now, not as of the last probe. */
  status(): Promise<StackStatus>
  /** Resolves when the part has stopped, or null when there is no such part. */
  stopPart(name: string): Promise<StackStatus | null>
  /** Resolves when the part is ready or has given up, or null when there is no such part. */
  startPart(name: string): Promise<StackStatus | null>
}

export interface ControlServer extends AsyncDisposable {
  readonly port: number
  /** Known only to who can read the supervisor's record in the data folder. */
  readonly token: string
}

/**
 * Opens the channel for `dev status|stop|start`: HTTP on a loopback port, with a token. Not a Unix socket, whose path (at most 107 bytes) would not fit
 * into every data folder.
 */
export async function openControlServer(control: StackControl): Promise<ControlServer> {
  const token = randomBytes(32).toString('base64url')
  const server = createServer((request, response) => {
    void answer(request, response, control, token)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    token,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await server[Symbol.asyncDispose]()
    },
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  control: StackControl,
  token: string,
): Promise<void> {
  if (!hasToken(request, token)) return send(response, 401, { detail: 'wrong token' })
  const [, name = '', action = ''] = /^\/parts\/([a-z]+(?:-\d+)?)\/(stop|start)$/.exec(request.url ?? '') ?? []
  if (request.method === 'GET' && request.url === '/status') return send(response, 200, await control.status())
  if (request.method !== 'POST' || action === '') return send(response, 404, { detail: 'no such request' })
  const status = await (action === 'stop' ? control.stopPart(name) : control.startPart(name))
  return status === null ? send(response, 404, await control.status()) : send(response, 200, status)
}

function hasToken(request: IncomingMessage, token: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? '')
  const wanted = Buffer.from(`Bearer ${token}`)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' }).end(JSON.stringify(body))
}
