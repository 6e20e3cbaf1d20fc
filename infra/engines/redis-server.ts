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
  /** FLUSHALL: every key is gone. @throws when it does not answer, or refuses */
  flush(): Promise<void>
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
  return Object.assign(engine, { port, address: `127.0.0.1:${port}`, flush: () => flushAll(port) })
}

/** Whether a Redis there says PONG within half a second. */
export async function answersPing(port: number): Promise<boolean> {
  try {
    return (await ask(port, 'PING', 500)) === '+PONG'
  } catch {
    return false // that is the answer
  }
}

async function flushAll(port: number): Promise<void> {
  const answer = await ask(port, 'FLUSHALL', 5_000)
  if (answer !== '+OK') throw new Error(`Redis answered ${answer}`)
}

/** The first line that a Redis answers to one command without arguments. */
async function ask(port: number, command: string, limitMs: number): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.setTimeout(limitMs, () => socket.destroy(new Error('no answer')))
  try {
    socket.write(`${command}\r\n`)
    const [answer] = (await once(socket, 'data')) as [Buffer]
    return answer.toString().split('\r\n')[0] ?? ''
  } finally {
    socket.destroy()
  }
}
