import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

export type TcpProxy = {
  /** The given URL, through the proxy. */
  url: string
  /** Carries bytes, as at the start. */
  pass(): void
  /** Resets what is open, and every new connection. */
  refuse(): void
  /** Takes connections and carries nothing, as a server that was stopped; `pass` goes on where it stood. */
  stall(): void
  /** Carries what clients send and resets them instead of carrying an answer: it is executed, and nobody hears of it. */
  loseReplies(): void
}

/** Stands before the engine at `target` and breaks the way to it when a test says so. Tied to `t`. */
export async function tcpProxy(t: TestContext, target: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(target)
  const pairs = new Set<readonly [Socket, Socket]>()
  let mode: 'pass' | 'refuse' | 'stall' | 'lose_replies' = 'pass'

  const server = createServer((client) => {
    client.on('error', () => {})
    if (mode === 'refuse') {
      client.resetAndDestroy()
      return
    }
    const engine = connect(Number(port), hostname)
    engine.on('error', () => {})
    const pair = [client, engine] as const
    pairs.add(pair)
    for (const [from, to] of [pair, [engine, client] as const]) {
      from.on('data', (bytes) => {
        if (mode === 'lose_replies' && from === engine) client.resetAndDestroy()
        else to.write(bytes)
      })
      from.on('close', () => {
        pairs.delete(pair)
        to.destroy()
      })
      if (mode === 'stall') from.pause()
    }
  })

  const each = (change: (socket: Socket) => void) => {
    for (const pair of pairs) for (const socket of pair) change(socket)
  }
  const proxy = {
    pass() {
      mode = 'pass'
      each((socket) => socket.resume())
    },
    refuse() {
      mode = 'refuse'
      each((socket) => socket.resetAndDestroy())
    },
    stall() {
      mode = 'stall'
      each((socket) => socket.pause())
    },
    loseReplies() {
      mode = 'lose_replies'
    },
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    each((socket) => socket.destroy())
    server.close()
  })
  const own = (server.address() as AddressInfo).port
  return { ...proxy, url: Object.assign(new URL(target), { hostname: '127.0.0.1', port: String(own) }).href }
}
