import type { Finding } from '@sluice/runtime/finding'
import type { RedisGateConfig } from '../config.ts'
import { inspectRoundTrips } from '../round-trips.ts'
import { QUESTION_LIMIT_MS } from '../timing.ts'
import { openRedisConnection, type SendCommand } from './connection.ts'
import { type Objection, type RedisFacts, readRedisFacts, unfitness, unreadiness } from './facts.ts'

const HOW = { limitMs: QUESTION_LIMIT_MS }
const silent = { info: () => {}, warn: () => {} }

/** Looks at Redis: that it answers, that it is fit and ready, that it keeps what it is told. */
export async function inspectRedisGate({ address }: RedisGateConfig): Promise<readonly Finding[]> {
  const where = `${address.host}:${address.port}`
  const connection = await openRedisConnection({ address, prepare: async () => {}, log: silent })
  try {
    const facts = readRedisFacts(String(await connection.send(['INFO'], HOW)))
    const answers: Finding = { subject: 'Redis answers', state: 'ok', detail: `at ${where}`, remedy: null }
    return [answers, inspectFitness(facts), inspectMemory(facts), inspectDisk(facts), await latency(connection.send)]
  } catch (error) {
    return [{ subject: 'Redis answers', state: 'fault', detail: `not at ${where}: ${deepest(error)}`, remedy: REACH }]
  } finally {
    await connection[Symbol.asyncDispose]()
  }
}

const REACH = 'start Redis, or mend REDIS_ADDR and REDIS_PASSWORD; until then limits hold per process and repeats pass'

const latency = (send: SendCommand) => inspectRoundTrips('Redis', () => send(['PING'], HOW))

const fault = (subject: string, { fault: detail, remedy }: Objection): Finding => ({
  subject,
  state: 'fault',
  detail,
  remedy,
})

function inspectFitness(facts: RedisFacts): Finding {
  const subject = 'Redis: version and kind'
  const objection = unfitness(facts)
  if (objection !== null) return fault(subject, objection)
  const { version } = facts
  if (version !== null && Number.parseInt(version, 10) < 7)
    return {
      subject,
      state: 'warning',
      detail: `Redis ${version} has what the gate needs; it is tested with 7 and newer`,
      remedy: 'upgrade to Redis 7 when you can',
    }
  return { subject, state: 'ok', detail: `Redis ${version ?? 'of an unknown version'}, one server`, remedy: null }
}

function inspectMemory(facts: RedisFacts): Finding {
  const subject = 'Redis: maxmemory-policy'
  const objection = unreadiness(facts)
  if (objection !== null) return fault(subject, objection)
  const { evictionPolicy, maxBytes } = facts
  const limit = maxBytes === null || maxBytes === 0 ? 'no maxmemory' : `maxmemory ${maxBytes} bytes`
  return { subject, state: 'ok', detail: `${evictionPolicy ?? 'unknown policy'}, ${limit}`, remedy: null }
}

function inspectDisk({ appendOnly }: RedisFacts): Finding {
  const subject = 'Redis: appendonly'
  if (appendOnly !== false)
    return { subject, state: 'ok', detail: appendOnly === null ? 'it does not say' : 'on', remedy: null }
  return {
    subject,
    state: 'warning',
    detail: 'off: a restart forgets which keys were used, and counts begin anew; no event is lost or stored twice',
    remedy: 'redis-cli CONFIG SET appendonly yes, and the same in redis.conf',
  }
}

/** The first cause of all: the outer ones say what was tried. */
function deepest(error: unknown): string {
  let cause = error
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause
  if (cause instanceof AggregateError && cause.message === '') return String(cause.errors[0])
  return cause instanceof Error ? cause.message : String(cause)
}
