import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * Below the ports that systems give to outgoing connections (from 32,768 on Linux). A port from there may be some connection's own before
 * the server that it was chosen for listens; and while a server is away, a client that tries again and again would some day be given
 * the server's port and connect to itself. Far from the ports that servers have by custom.
 */
const FIRST_PORT = 20_000
const LAST_PORT = 32_000

/** Whether a server could listen there now. */
export async function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  const server = createServer()
  server.listen({ port, host, exclusive: true })
  try {
    await once(server, 'listening')
  } catch {
    return false // taken: that is the answer
  }
  server.close()
  await once(server, 'close')
  return true
}

/**
 * A port on which nobody listens, and which no other call gives away while this process lives, in whatever process: a server may take
 * seconds until it listens, and its port must be there when it starts again.
 * @throws Error when none is found
 */
export async function findFreePort(host = '127.0.0.1'): Promise<number> {
  for (let tries = 0; tries < 100; tries += 1) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1)
    const release = await reserve(port)
    if (release === null) continue
    if (await isPortFree(port, host)) return port
    release()
  }
  throw new Error(`no free port found from ${FIRST_PORT} to ${LAST_PORT} on ${host}`)
}

/**
 * Holds the UDP port of the same number, which nobody else needs and the system gives back however this process ends.
 * @returns what gives it back; null when somebody holds it
 */
async function reserve(port: number): Promise<(() => void) | null> {
  const socket = createSocket('udp4').unref()
  socket.bind({ port, address: '127.0.0.1', exclusive: true })
  try {
    await once(socket, 'listening')
    return () => socket.close()
  } catch {
    socket.close()
    return null // held: that is the answer
  }
}
