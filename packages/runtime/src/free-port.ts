import { randomInt } from 'node:crypto'
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
 * A port on which nobody listens; by chance, so that two that start together rarely want the same.
 * @throws Error when none is found
 */
export async function findFreePort(host = '127.0.0.1'): Promise<number> {
  for (let tries = 0; tries < 100; tries += 1) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1)
    if (await isPortFree(port, host)) return port
  }
  throw new Error(`no free port found from ${FIRST_PORT} to ${LAST_PORT} on ${host}`)
}
