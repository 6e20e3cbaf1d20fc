import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** The way to an engine, which a test can break. */
export type Link = {
  /** Carries bytes, as at the start; what was stalled goes on where it stood. */
  pass(): void
  /** Resets what is open, and every new connection. */
  cut(): void
  /** Carries what is open, and resets every new connection. */
  shut(): void
  /** Takes connections and carries nothing, as a server that was stopped. */
  stall(): void
  /** Carries what is asked, and resets instead of carrying the answer: what was asked for has happened. */
  loseReplies(): void
}

/** Whether bytes, as they came from a client, are the request that a test waits for. */
export type IsAwaited = (bytes: Buffer) => boolean

export type TcpLink = Link &
  AsyncDisposable & {
    /** Where the link listens, on loopback. */
    readonly port: number
    /** From now on new connections lead to this port of loopback. */
    leadTo(port: number): void
    /**
     * Carries bytes until a client sends the awaited request: that is carried too, and then all is cut before its answer comes.
     * Resolves at that moment.
     */
    cutAt(isAwaited: IsAwaited): Promise<void>
  }

/** A link on a loopback port of its own. */
export async function openTcpLink(targetPort = 0): Promise<TcpLink> {
  const pairs = new Set<readonly [Socket, Socket]>()
  let mode: 'pass' | 'cut' | 'shut' | 'stall' | 'lose_replies' = 'pass'
  let target = targetPort
  let awaited: { isAwaited: IsAwaited; come: () => void } | null = null

  const reset = ([client, engine]: readonly [Socket, Socket]) => {
    client.resetAndDestroy()
    engine.destroy()
  }
  const cut = () => {
    mode = 'cut'
    for (const pair of [...pairs]) reset(pair)
  }
  const server = createServer((client) => {
    client.on('error', () => {})
    if (mode === 'cut' || mode === 'shut') {
      client.resetAndDestroy()
      return
    }
    const engine = connect(target, '127.0.0.1')
    engine.on('error', () => {})
    const pair = [client, engine] as const
    pairs.add(pair)
    client.on('data', (bytes: Buffer) => {
      if (awaited === null || !awaited.isAwaited(bytes)) return void engine.write(bytes)
      const { come } = awaited
      awaited = null
      engine.write(bytes, () => {
        cut()
        come()
      })
    })
    engine.on('data', (bytes) => {
      if (mode === 'lose_replies') reset(pair)
      else client.write(bytes)
    })
    for (const [from, to] of [pair, [engine, client] as const]) {
      from.on('close', () => {
        pairs.delete(pair)
        to.destroy()
      })
      if (mode === 'stall') from.pause()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    port: (server.address() as AddressInfo).port,
    leadTo(port) {
      target = port
    },
    pass() {
      mode = 'pass'
      for (const pair of pairs) for (const socket of pair) socket.resume()
    },
    cut,
    shut() {
      mode = 'shut'
    },
    cutAt(isAwaited) {
      const { promise, resolve } = Promise.withResolvers<void>()
      awaited = { isAwaited, come: resolve }
      return promise
    },
    stall() {
      mode = 'stall'
      for (const pair of pairs) for (const socket of pair) socket.pause()
    },
    loseReplies() {
      mode = 'lose_replies'
    },
    async [Symbol.asyncDispose]() {
      for (const pair of [...pairs]) reset(pair)
      const closed = once(server, 'close')
      server.close()
      await closed
    },
  }
}
