import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { EngineError } from './engine.ts'

/**
 * Below the ports that systems give to outgoing connections (from 32,768 on Linux): while an engine is away, a client that tries
 * again and again would some day be given the engine's own port and connect to itself. Far from the engines' usual ports.
 */
const FIRST_PORT = 20_000
const LAST_PORT = 32_000

/** A loopback port on which nobody listens; by chance, so that two that start together rarely want the same. */
export async function findFreePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries += 1) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1)
    if (await isFree(port)) return port
  }
  throw new EngineError(`no free port found from ${FIRST_PORT} to ${LAST_PORT} on 127.0.0.1`)
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  server.listen({ port, host: '127.0.0.1', exclusive: true })
  try {
    await once(server, 'listening')
  } catch {
    return false // taken: that is the answer
  }
  server.close()
  await once(server, 'close')
  return true
}
