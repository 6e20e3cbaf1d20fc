import { once } from 'node:events'
import { connect } from 'node:net'
import type { Engine } from './engine.ts'
import { openEngine } from './engine-process.ts'
import { findProgram } from './find-program.ts'
import { findFreePort } from './free-port.ts'

export type RedisServer = Engine & {
  readonly port: number
  /** As REDIS_ADDR wants it. */
  readonly address: string
}

export type RedisOptions = {
  /** False: nothing is written to disk, so that a killed one comes back empty. */
  durable?: boolean
}

/** Opens Debian's Redis on a free loopback port: append-only file, nothing evicted. */
export async function openRedis({ durable = true }: RedisOptions = {}): Promise<RedisServer> {
  const program = findProgram('redis-server', 'redis-server')
  const port = await findFreePort()
  const engine = await openEngine({
    name: 'redis',
    prepare: () => {},
    command: (folder) => ({
      program,
      args: [
        ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--daemonize', 'no'],
        ...['--save', '', '--appendonly', durable ? 'yes' : 'no', '--maxmemory-policy', 'noeviction'],
      ],
    }),
    isReady: () => answersPing(port),
    stopSignal: 'SIGTERM',
    endSignal: 'SIGKILL',
    startTimeoutMs: 10_000,
  })
  return Object.assign(engine, { port, address: `127.0.0.1:${port}` })
}

/** Whether a Redis there says PONG within half a second. */
export async function answersPing(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  socket.setTimeout(500, () => socket.destroy(new Error('no answer')))
  try {
    socket.write('PING\r\n')
    const [answer] = (await once(socket, 'data')) as [Buffer]
    return answer.toString().startsWith('+PONG')
  } catch {
    return false // that is the answer
  } finally {
    socket.destroy()
  }
}
