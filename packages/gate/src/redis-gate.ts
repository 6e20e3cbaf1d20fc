import { type Clock, systemClock } from '@sluice/runtime/clock'
import type { Logger } from '@sluice/runtime/logger'
import { readVerdicts } from './admit-rows.ts'
import { degradeWhenAway, type GateEngine } from './degrade.ts'
import { type Gate, GateUnavailableError } from './gate.ts'
import { groupByTenant } from './group-by-tenant.ts'
import { admitCall, readAdmitReply } from './redis/admit.ts'
import { type RedisConnection, runScript } from './redis/connection.ts'
import { readRedisFacts, sentence, unreadiness } from './redis/facts.ts'
import { redisKeys } from './redis/keys.ts'
import { findClaim, readCounts } from './redis/questions.ts'
import { ADMIT, SETTLE } from './redis/scripts.ts'
import { settleCall } from './redis/settle.ts'
import { CALL_LIMITS, type CallLimits, CLAIM_LEASE_MS, QUESTION_LIMIT_MS } from './timing.ts'

export type RedisGateOptions = {
  /** Of this gate alone, prepared by `prepareRedis`: the order of its commands is what `settle` relies on. */
  connection: RedisConnection
  /** How long a key is remembered, ms. */
  windowMs: number
  /** How long a claim is held for its holder, ms; 6 s unless given. */
  leaseMs?: number
  /** Tests of answers only: a machine at its limit must not decide them. CALL_LIMITS unless given. */
  limits?: CallLimits
  log: Pick<Logger, 'warn' | 'info'>
  /** Tests only: takes the place of the clock of Redis, which production always uses. */
  clock?: Clock
  /** Tests only, which share a server: stands before every key. */
  keyPrefix?: string
  /** How many processes share the tenants' limits while Redis is away; 1 unless given. */
  workers?: number
}

/** The gate on Redis, one script call per `admit` and `settle`. Disposing it closes the connection. */
export function createRedisGate(options: RedisGateOptions): Gate {
  const {
    connection,
    windowMs,
    leaseMs = CLAIM_LEASE_MS,
    limits = CALL_LIMITS,
    log,
    clock,
    keyPrefix,
    workers = 1,
  } = options
  const keys = redisKeys(keyPrefix)
  const { send } = connection
  const now = () => clock?.now() ?? null

  const engine: GateEngine = {
    async admit(requests) {
      const grouped = groupByTenant(requests)
      const call = admitCall(keys, grouped, { leaseMs, windowMs, at: now() })
      const how = { limitMs: limits.admitMs, bytes: true }
      const reply = await asking('admit', () => runScript(send, ADMIT, call, how))
      return readVerdicts(grouped, readAdmitReply(reply as (number | Buffer)[], grouped.tenants.length))
    },
    async settle(outcomes, seen) {
      const call = settleCall(keys, outcomes, { windowMs, at: now() })
      const answer = asking('settle', () => runScript(send, SETTLE, call, { limitMs: limits.settleMs }))
      // The client writes in the next turn of the loop. Then this process may die, and what is asked later over this connection
      // is executed later; if the connection breaks first, the end is lost, which costs one more copy in the log.
      setImmediate(seen)
      await answer
    },
    counts: (tenantId, minutes) => asking('counts', () => readCounts(send, keys, { tenantId, minutes, at: now() })),
    find: (tenantId, key) => asking('find', () => findClaim(send, keys.claim(tenantId, key), now())),
    async ready() {
      const info = await asking('ready', () => send(['INFO', 'memory'], { limitMs: QUESTION_LIMIT_MS }))
      const objection = unreadiness(readRedisFacts(String(info)))
      if (objection !== null) throw new GateUnavailableError(sentence(objection))
    },
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  }
  return degradeWhenAway(engine, { clock: clock ?? systemClock, workers, log })
}

/** What Redis said, within the limit of each command. @throws {GateUnavailableError} with the driver's error as its cause */
async function asking<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw new GateUnavailableError(`asking Redis: ${what}`, { cause: error })
  }
}
