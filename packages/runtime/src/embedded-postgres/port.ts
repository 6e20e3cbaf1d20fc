import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { EmbeddedPostgresError } from './embedded-errors.ts'

/**
 * Below the ports that systems give to outgoing connections (from 32,768 on Linux): while the server is away, a client that tries
 * again and again would some day be given the server's own port, connect to itself, and hold it.
 */
const FIRST_PORT = 15_432
const LAST_PORT = 32_000

/** Whether a server could listen there now, on loopback. */
export async function isPortFree(port: number): Promise<boolean> {
  const server = createServer()
  server.listen({ port, host: '127.0.0.1', exclusive: true })
  try {
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}

/** A port on which nobody listens; by chance, so that two that start together rarely want the same. */
export async function findFreePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1)
    if (await isPortFree(port)) return port
  }
  throw new EmbeddedPostgresError(`no free port found from ${FIRST_PORT} to ${LAST_PORT} on 127.0.0.1`)
}
