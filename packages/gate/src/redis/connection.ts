import { createBackoff, delay } from '@sluice/runtime/backoff'
import { errorFields } from '@sluice/runtime/error-fields'
import type { Logger } from '@sluice/runtime/logger'
import { withinLimit } from '@sluice/runtime/within-limit'
import { createClient, ErrorReply, RESP_TYPES } from 'redis'
import type { RedisAddress } from './address.ts'
import type { RedisScript } from './scripts.ts'

export type RedisCommand = readonly (string | Buffer)[]

/** Keys and arguments of a script. */
export type ScriptCall = { keys: readonly string[]; args: readonly (string | Buffer)[] }

/** Sends one command. Strings in the reply are text, or bytes when asked for. */
export type SendCommand = (command: RedisCommand, options: { limitMs: number; bytes?: boolean }) => Promise<unknown>

/**
 * One connection at a time, replaced when it is lost. Commands are executed in the order of their calls. None is sent twice, and
 * none waits for a connection. States:
 *   connecting -- connected and prepared --> ready; it fails --> waiting
 *   ready      -- the connection breaks, or owes an answer for 2 s --> waiting
 *   waiting    -- 50 ms doubling to 1 s, a part of it random --> connecting
 *   closed     -- from any, when it is disposed
 */
export interface RedisConnection extends AsyncDisposable {
  /**
   * The reply, within `limitMs`. Throws at once while there is no connection, and the driver's error otherwise; what was written
   * may still be executed.
   */
  send: SendCommand
}

export type RedisConnectionOptions = {
  address: RedisAddress
  /** Runs on each new connection before it is used; when it throws, the connection is given up. */
  prepare: (send: SendCommand) => Promise<void>
  log: Pick<Logger, 'warn' | 'info'>
}

/** For the connection, and once more for what prepares it, ms. */
const CONNECT_LIMIT_MS = 1_000
/** A connection that owes an answer for so long is dead or its server is stopped, ms. */
const SILENCE_LIMIT_MS = 2_000
/** How long answers under way are waited for when the gate closes, ms: a settle has 200. */
const DRAIN_LIMIT_MS = 300
/** Four micro-batches and their ends are under way, and a few questions. Beyond this a stalled server would fill memory. */
const MAX_COMMANDS = 256
/** The system's own two hours are too long to notice that an idle link is dead. */
const KEEP_ALIVE_MS = 10_000

/** Connects in the background, and again for as long as it is not disposed. Resolves when the first try has ended, whichever way. */
export async function openRedisConnection(options: RedisConnectionOptions): Promise<RedisConnection> {
  const { address, prepare, log } = options
  const backoff = createBackoff({ firstMs: 50, maxMs: 1_000, jitter: 0.5 })
  const closing = new AbortController()
  const firstTry = Promise.withResolvers<void>()
  let ready: Link | null = null
  let fault: unknown = new Error('not connected yet')
  let isAway = false

  async function holdOne(): Promise<void> {
    const link = createLink(address)
    try {
      await link.connect()
      await withinLimit(CONNECT_LIMIT_MS, () => prepare(link.send))
      ready = link
      if (isAway) log.info('redis.connected')
      isAway = false
      backoff.reset()
      firstTry.resolve()
      fault = await Promise.race([link.lost, aborted(closing.signal)])
    } catch (error) {
      fault = error
    }
    ready = null
    await link.end(closing.signal.aborted ? DRAIN_LIMIT_MS : 0)
    firstTry.resolve()
    // Once per outage: the tries that follow have nothing new to say.
    if (!isAway && !closing.signal.aborted) log.warn('redis.connection_lost', errorFields(fault))
    isAway = true
  }

  async function hold(): Promise<void> {
    while (!closing.signal.aborted) {
      await holdOne()
      await delay(backoff.nextMs(), closing.signal)
    }
  }

  const held = hold()
  await firstTry.promise
  return {
    async send(command, how) {
      if (ready === null) throw new Error('there is no connection to Redis', { cause: fault })
      return ready.send(command, how)
    },
    async [Symbol.asyncDispose]() {
      closing.abort()
      await held
    },
  }
}

interface Link {
  connect(): Promise<void>
  send: SendCommand
  /** Resolves, to the reason, when the connection is of no more use. */
  lost: Promise<unknown>
  /** Ends it, after answers under way have come or `drainMs` are over. */
  end(drainMs: number): Promise<void>
}

const AS_BYTES = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } }

/** One connection, which is never made again: the client's own reconnecting and queueing are off. */
function createLink({ host, port, tls, username, password, database }: RedisAddress): Link {
  const client = createClient({
    socket: {
      host,
      port,
      ...(tls ? { tls: true as const } : {}),
      connectTimeout: CONNECT_LIMIT_MS,
      keepAliveInitialDelay: KEEP_ALIVE_MS,
      reconnectStrategy: false,
    },
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    database,
    name: 'sluice-gate',
    disableOfflineQueue: true,
    commandsQueueMaxLength: MAX_COMMANDS,
    disableClientInfo: true,
    maintNotifications: 'disabled',
    // Its own limit, five seconds unless told, ends when a command is written; ours ends when it is answered, and a timer a command is saved.
    commandOptions: { timeout: 0 },
  })
  const lost = Promise.withResolvers<unknown>()
  // Without a listener the process dies.
  client.on('error', lost.resolve)
  client.on('end', () => lost.resolve(new Error('the connection was closed')))
  const owed = createOwedAnswers(lost.resolve)
  let connecting: Promise<unknown> = Promise.resolve()

  return {
    lost: lost.promise,
    async connect() {
      connecting = client.connect()
      await withinLimit(2 * CONNECT_LIMIT_MS, () => connecting)
    },
    send: (command, { limitMs, bytes = false }) =>
      withinLimit(limitMs, () => owed.track(client.sendCommand(command, bytes ? AS_BYTES : undefined))),
    async end(drainMs) {
      await owed.none(drainMs)
      client.destroy()
      // A client destroyed while it connects goes on connecting.
      connecting.then(
        () => client.destroy(),
        () => {},
      )
    },
  }
}

/** Watches that a server which owes answers gives one now and then: Redis answers in order. */
function createOwedAnswers(onSilence: (reason: unknown) => void) {
  let owed = 0
  let timer: NodeJS.Timeout | undefined
  let drained: (() => void) | undefined

  function answered(isFromServer: boolean): void {
    owed -= 1
    if (owed === 0) {
      clearTimeout(timer)
      drained?.()
    } else if (isFromServer) timer?.refresh()
  }

  return {
    track<T>(reply: Promise<T>): Promise<T> {
      owed += 1
      if (owed === 1)
        timer = setTimeout(() => onSilence(new Error(`no answer for ${SILENCE_LIMIT_MS} ms`)), SILENCE_LIMIT_MS)
      reply.then(
        () => answered(true),
        (error: unknown) => answered(error instanceof ErrorReply),
      )
      return reply
    },
    /** Resolves when nothing is owed any more, or `limitMs` are over. */
    async none(limitMs: number): Promise<void> {
      if (owed === 0 || limitMs === 0) return
      const { promise, resolve } = Promise.withResolvers<void>()
      drained = resolve
      const limit = setTimeout(resolve, limitMs)
      await promise
      clearTimeout(limit)
    },
  }
}

function aborted(signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason)
    else signal.addEventListener('abort', () => resolve(signal.reason), { once: true })
  })
}

/** Runs a script by its SHA-1. A server that has lost it, as after SCRIPT FLUSH, is given the source, and asked once more. */
export async function runScript(
  send: SendCommand,
  script: RedisScript,
  { keys, args }: ScriptCall,
  how: { limitMs: number; bytes?: boolean },
): Promise<unknown> {
  const command = ['EVALSHA', script.sha, String(keys.length), ...keys, ...args]
  try {
    return await send(command, how)
  } catch (error) {
    if (!(error instanceof ErrorReply && error.message.startsWith('NOSCRIPT'))) throw error
    const [, reply] = await Promise.all([send(['SCRIPT', 'LOAD', script.source], how), send(command, how)])
    return reply
  }
}
