import { connect } from 'node:net'
import { findFreePort } from '@sluice/runtime/free-port'
import type { Engine } from './engine.ts'
import { openEngine } from './engine-process.ts'
import { findProgram } from './find-program.ts'

export type RedisServer = Engine & {
  readonly port: number
  /** As REDIS_ADDR wants it. */
  readonly address: string
  /** FLUSHALL: every key is gone. @throws when it does not answer, or refuses */
  flush(): Promise<void>
  /** Lets it hold no more than so many bytes; with 1 it is full, 0 takes the limit away. @throws as `flush` does */
  limitMemory(bytes: number): Promise<void>
  /** How often each command was called, by its name in lower case. */
  calls(): Promise<ReadonlyMap<string, number>>
}

export type RedisOptions = {
  /** False: nothing is written to disk, so that a killed one comes back empty. */
  durable?: boolean
}

/** Only ends a hang. */
const ORDER_LIMIT_MS = 60_000

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
    startTimeoutMs: 120_000,
  })
  return Object.assign(engine, {
    port,
    address: `127.0.0.1:${port}`,
    flush: () => order(port, 'FLUSHALL'),
    limitMemory: (bytes: number) => order(port, `CONFIG SET maxmemory ${bytes}`),
    calls: () => commandCalls(port),
  })
}

/** Whether a Redis there says PONG within half a second. */
export async function answersPing(port: number): Promise<boolean> {
  try {
    return (await ask(port, 'PING', 500)) === '+PONG'
  } catch {
    return false // that is the answer
  }
}

async function order(port: number, command: string): Promise<void> {
  const answer = await ask(port, command, ORDER_LIMIT_MS)
  if (answer !== '+OK') throw new Error(`Redis answered ${answer}`)
}

/** How often each command was called since the start: `cmdstat_evalsha:calls=3,usec=…` in what INFO says. */
async function commandCalls(port: number): Promise<ReadonlyMap<string, number>> {
  const text = await ask(port, 'INFO commandstats', ORDER_LIMIT_MS)
  return new Map(
    [...text.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name = '', calls]) => [name, Number(calls)]),
  )
}

/** What a Redis answers to one command whose words need no quotes: a line without its end, or the text of a bulk string. */
async function ask(port: number, command: string, limitMs: number): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.setTimeout(limitMs, () => socket.destroy(new Error('no answer')))
  try {
    socket.write(`${command}\r\n`)
    let answer = ''
    for await (const bytes of socket) {
      answer += String(bytes)
      const [, length] = /^\$(\d+)\r\n/.exec(answer) ?? []
      if (length === undefined && answer.endsWith('\r\n')) return answer.trimEnd()
      if (length !== undefined && answer.length >= length.length + Number(length) + 5)
        return answer.slice(length.length + 3, -2)
    }
    throw new Error('Redis closed the connection')
  } finally {
    socket.destroy()
  }
}
