import type { Server as HttpServer } from 'node:http'
import { createServer, type ListenOptions, type Server } from 'node:net'

/** Sockets that listen beside an HTTP server's own, on the same port, and hand it what they accept. */
export interface Acceptors {
  /** Resolves when none listens any more and each connection that came by them has ended. */
  close(): Promise<void>
}

/**
 * Node accepts one connection a turn of its loop for each socket that listens (libuv 1.52). A turn under load takes as long as all
 * requests that came in with it: with 512 busy connections 100 ms and more, so that a thousand producers who connect again, or one
 * probe of a balancer, would wait for half a minute. 2,048 connections at once waited 26 s at most with one socket, 6 s with 32 (docs/performance.md).
 * @param options as given to the server, with its port and `reusePort`
 */
export async function openAcceptors(server: HttpServer, options: ListenOptions, count: number): Promise<Acceptors> {
  const open: Server[] = []
  const close = async () => void (await Promise.all(open.map(closed)))
  try {
    for (let nth = 0; nth < count; nth++) {
      // As node:http makes its own.
      const acceptor = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
        server.emit('connection', socket)
      })
      await listening(acceptor, options)
      open.push(acceptor)
    }
  } catch (error) {
    await close()
    throw error
  }
  return { close }
}

/** @throws what the system says */
export function listening(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

const closed = (server: Server) => new Promise<void>((resolve) => server.close(() => resolve()))
