import { randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import type { Clock } from '@sluice/runtime/clock'
import { eventually } from '@sluice/runtime/testing/eventually'
import type { Gate } from '../gate.ts'
import { parseRedisAddress, type RedisAddress } from '../redis/address.ts'
import { openRedisConnection, type RedisConnection } from '../redis/connection.ts'
import { type RedisKeys, redisKeys } from '../redis/keys.ts'
import { prepareRedis } from '../redis/open.ts'
import { createRedisGate } from '../redis-gate.ts'
import type { CallLimits } from '../timing.ts'

const silent = { info: () => {}, warn: () => {} }

/** The server that the tests share, at REDIS_ADDR. It is never stopped, emptied or set: those tests start one of their own. */
export function sharedRedis(): RedisAddress {
  const address = parseRedisAddress(process.env.REDIS_ADDR ?? '')
  if ('expected' in address) throw new Error(`these tests need a Redis: REDIS_ADDR must be ${address.expected}`)
  const password = process.env.REDIS_PASSWORD
  return password ? { ...address, password } : address
}

/** Names that no other test uses; they are removed after `t`. */
export function testPrefix(t: TestContext, address: RedisAddress): string {
  const prefix = `test:${randomUUID()}:`
  t.after(() => removeKeys(address, prefix))
  return prefix
}

/** The first try to connect ends after a second, which is not much on a busy machine. */
export const isConnected = (connection: RedisConnection) =>
  eventually(() => connection.send(['PING'], { limitMs: 60_000 }), { message: 'a connection to Redis' })

/** Removes every key that begins with `prefix`. */
export async function removeKeys(address: RedisAddress, prefix: string): Promise<void> {
  const connection = await openRedisConnection({ address, prepare: async () => {}, log: silent })
  await isConnected(connection)
  const send = (...command: string[]) => connection.send(command, { limitMs: 60_000 })
  let cursor = '0'
  do {
    const [next, names] = (await send('SCAN', cursor, 'MATCH', `${prefix}*`, 'COUNT', '10000')) as [string, string[]]
    if (names.length > 0) await send('UNLINK', ...names)
    cursor = next
  } while (cursor !== '0')
  await connection[Symbol.asyncDispose]()
}

export type TestRedisGate = { gate: Gate; connection: RedisConnection; keys: RedisKeys }

export type TestRedisGateOptions = {
  address: RedisAddress
  prefix: string
  windowMs: number
  leaseMs?: number
  limits?: CallLimits
  clock?: Clock
  rideMs?: number
  /** False for a server that the gate refuses; the connection is there at once to all others. */
  isFit?: boolean
}

/** A gate with a connection of its own, closed after `t`. */
export async function testRedisGate(t: TestContext, options: TestRedisGateOptions): Promise<TestRedisGate> {
  const { address, prefix, clock, isFit = true, ...rest } = options
  const keys = redisKeys(prefix)
  const connection = await openRedisConnection({
    address,
    prepare: (send) => prepareRedis(send, keys, clock ?? null),
    log: silent,
  })
  if (isFit) await isConnected(connection)
  const gate = createRedisGate({
    connection,
    keyPrefix: prefix,
    log: silent,
    ...rest,
    ...(clock === undefined ? {} : { clock }),
  })
  t.after(() => gate[Symbol.asyncDispose]())
  return { gate, connection, keys }
}
