import { createServer, type RequestListener, type Server, type ServerOptions, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createNetServer } from 'node:net'
import { type Acceptors, listening, openAcceptors } from './acceptors.ts'
import { delay } from './backoff.ts'
import { SluiceError } from './errors.ts'
import type { Health } from './health.ts'
import { answerClientErrors } from './http-client-error.ts'
import type { Logger } from './logger.ts'
import { writeProblem, writeShuttingDown } from './problem-response.ts'
import { resolveRequestId } from './request-id.ts'

/** The values of reliability.md 7. Times in milliseconds. */
export const HTTP_LIMITS = {
  headersMs: 5_000,
  requestMs: 10_000,
  /** How often the two above are looked at; Node's own 30 s would let a stalled body stand for 40 s. */
  checkEveryMs: 1_000,
  keepAliveMs: 30_000,
  headerBytes: 8_192,
  connections: 10_000,
  requestsPerConnection: 10_000,
  /** Connections that wait to be accepted: beyond them a client's are dropped in silence and tried again after 1, 3, 7 s. The system caps it. */
  backlog: 4_096,
} as const

/** What `node:http`'s createServer is to be given. */
export function hardenedServerOptions(): ServerOptions {
  return {
    headersTimeout: HTTP_LIMITS.headersMs,
    requestTimeout: HTTP_LIMITS.requestMs,
    connectionsCheckingInterval: HTTP_LIMITS.checkEveryMs,
    keepAliveTimeout: HTTP_LIMITS.keepAliveMs,
    maxHeaderSize: HTTP_LIMITS.headerBytes,
    insecureHTTPParser: false,
    noDelay: true,
    // Checked by us: Node's own check answers with an empty body instead of a problem.
    requireHostHeader: false,
  }
}

/** What a server that was made here has in hand. */
interface ServerState {
  /** Responses that have not ended. */
  readonly open: Set<ServerResponse>
  /** Stopped accepting: every answer closes its connection, new requests get 503. */
  closing: boolean
  /** Connections that are open, by whichever socket they came. */
  connections: number
}

const states = new WeakMap<Server, ServerState>()

/**
 * A server with the values of reliability.md 7, that answers what cannot be read with problems (400, 408, 431), requires `Host`, and
 * can be closed gracefully by {@link listen}. Also the server to return from a Fastify `serverFactory`.
 *
 * A listener may find its response already ended (503 at the end of the time that closing may take): it checks `writableEnded`
 * before it writes.
 * @param options tests shorten the time limits with it
 */
export function createHardenedServer(listener: RequestListener, options: ServerOptions = {}): Server {
  const state: ServerState = { open: new Set(), closing: false, connections: 0 }
  const currentResponse = new WeakMap<object, ServerResponse>()
  const server = createServer({ ...hardenedServerOptions(), ...options }, (request, response) => {
    state.open.add(response)
    response.once('close', () => state.open.delete(response))
    currentResponse.set(request.socket, response)
    if (state.closing) return writeShuttingDown(request, response)
    if (request.headers.host === undefined && request.httpVersion === '1.1')
      return writeProblem(response, 'BAD_REQUEST', {
        detail: 'The Host field is missing (RFC 9112, section 3.2).',
        requestId: resolveRequestId(request),
        headers: { Connection: 'close' },
      })
    listener(request, response)
  })
  server.maxConnections = HTTP_LIMITS.connections
  server.maxRequestsPerSocket = HTTP_LIMITS.requestsPerConnection
  // An expectation that we do not know may be ignored (RFC 9110, section 10.1.1); Node's own answer, 417, has no body.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
  // Node's own count is of one listening socket.
  server.on('connection', (socket) => {
    state.connections += 1
    socket.once('close', () => {
      state.connections -= 1
    })
    if (state.connections > server.maxConnections) socket.destroy()
  })
  answerClientErrors(server, (socket) => currentResponse.get(socket))
  states.set(server, state)
  return server
}

/** The port cannot be had. */
export class PortUnavailableError extends SluiceError {
  override readonly name = 'PortUnavailableError'
  readonly code = 'PORT_UNAVAILABLE'
  readonly retryable = false
}

export interface ListenOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Several processes listen on the port and the system spreads connections over them (SO_REUSEPORT, socket(7)); not on macOS and Windows. */
  readonly sharesPort?: boolean
  /** Sockets that listen for this server; more than one takes in a storm of connections under load, where the system can (openAcceptors). */
  readonly listeningSockets?: number
  readonly log: Logger
  /** Milliseconds between "not ready" and the end of accepting, for balancers to notice; 1,000 unless given (`SHUTDOWN_DELAY`). */
  readonly shutdownDelayMs?: number
  /** Told to drain before anything else when the server closes. */
  readonly health?: Pick<Health, 'drain'>
  /** Milliseconds from the wish to close until what is in hand is answered 503; 8,000 unless given. */
  readonly answerWithinMs?: number
}

export interface Listening extends AsyncDisposable {
  readonly host: string
  readonly port: number
  /** `http://host:port` as another program on this machine can use it. */
  readonly address: string
}

/** A server of ours, or something around one that has to get ready before and to be closed after it, such as a Fastify instance. */
export type Listenable =
  | Server
  | { readonly server: Server; ready(): PromiseLike<unknown>; close(): PromiseLike<unknown> }

/**
 * Starts to listen. Disposing closes gracefully, in the steps of reliability.md 7: not ready, wait, `Connection: close` on every answer
 * while what is in hand ends, 503 to what has not ended in time. Disposing twice is harmless.
 * @throws {PortUnavailableError} when the port is taken or not allowed
 */
export async function listen(target: Listenable, options: ListenOptions): Promise<Listening> {
  const { log } = options
  const server = 'server' in target ? target.server : target
  const state = states.get(server)
  if (state === undefined) throw new TypeError('listen() needs a server made by createHardenedServer()')
  if ('server' in target) await target.ready()
  const acceptors = await bind(server, options)
  const bound = server.address() as AddressInfo
  const reachable = bound.address === '0.0.0.0' || bound.address === '::' ? 'localhost' : bound.address
  const address = `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${bound.port}`
  log.info('http.listening', { host: bound.address, port: bound.port })

  let closed: Promise<void> | undefined
  return {
    host: bound.address,
    port: bound.port,
    address,
    async [Symbol.asyncDispose]() {
      closed ??= closeGracefully(server, acceptors, state, options).then(async () => {
        if ('server' in target) await target.close()
      })
      await closed
    },
  }
}

/** @throws {PortUnavailableError} */
async function bind(
  server: Server,
  {
    host,
    port,
    sharesPort = false,
    listeningSockets = 1,
  }: Pick<ListenOptions, 'host' | 'port'> & Partial<ListenOptions>,
): Promise<Acceptors> {
  const how = { host, backlog: HTTP_LIMITS.backlog, reusePort: sharesPort || listeningSockets > 1 }
  try {
    // A port that may be shared is never said to be taken.
    if (how.reusePort && !sharesPort && port !== 0) await probePort(host, port)
    await listening(server, { ...how, port })
    return await openAcceptors(server, { ...how, port: portOf(server) }, listeningSockets - 1)
  } catch (error) {
    if (server.listening) server.close()
    const fault = error as NodeJS.ErrnoException
    if (fault.code === 'ENOTSUP' && !sharesPort) return bind(server, { host, port })
    throw new PortUnavailableError(`port ${port} on ${host} ${adviceOn(fault)}`, { cause: fault })
  }
}

const portOf = (server: Server) => (server.address() as AddressInfo).port

/** @throws the system's error when somebody listens there */
async function probePort(host: string, port: number): Promise<void> {
  const probe = createNetServer()
  await listening(probe, { host, port })
  await new Promise((resolve) => probe.close(resolve))
}

function adviceOn({ code }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE') return 'is in use by another program; choose another one or free it'
  if (code === 'ENOTSUP') return 'cannot be shared by several processes on this system; run one of them'
  return `cannot be listened on (${code}); choose another one or free it`
}

// After the last 503s are written, their connections get this long to end by themselves.
const LINGER_MS = 1_000

async function closeGracefully(
  server: Server,
  acceptors: Acceptors,
  state: ServerState,
  options: ListenOptions,
): Promise<void> {
  const { log, health, shutdownDelayMs = 1_000, answerWithinMs = 8_000 } = options
  const start = performance.now()
  health?.drain()
  await delay(shutdownDelayMs)

  state.closing = true
  for (const response of state.open) if (!response.headersSent) response.setHeader('Connection', 'close')
  const closed = Promise.all([acceptors.close(), new Promise<void>((resolve) => server.close(() => resolve()))])
  // Without this, close() waits on connections that are kept alive; closing all by force would cut requests in hand.
  const idle = setInterval(() => server.closeIdleConnections(), 100)
  const late = setTimeout(
    () => {
      log.warn('http.answered_for_others', { open: state.open.size })
      for (const response of state.open) writeShuttingDown(response.req, response)
    },
    Math.max(0, answerWithinMs - shutdownDelayMs),
  )
  const last = setTimeout(() => server.closeAllConnections(), Math.max(0, answerWithinMs - shutdownDelayMs) + LINGER_MS)
  await closed
  clearInterval(idle)
  clearTimeout(late)
  clearTimeout(last)
  log.info('http.closed', { duration_ms: Math.round(performance.now() - start) })
}
