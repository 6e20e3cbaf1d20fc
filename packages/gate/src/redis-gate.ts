import type { Clock } from '@sluice/runtime/clock'
import { errorFields } from '@sluice/runtime/error-fields'
import type { Logger } from '@sluice/runtime/logger'
import { readVerdicts } from './admit-rows.ts'
import { degradeWhenAway, type GateEngine } from './degrade.ts'
import { type ClaimOutcome, type Gate, GateUnavailableError } from './gate.ts'
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
  /** Of this gate alone, prepared by `prepareRedis`: the order of its commands is what claims and their ends rely on. */
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
  /** How long ends of claims wait to travel with an `admit`, ms; as `degradeWhenAway` has it unless given. */
  rideMs?: number
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
    rideMs,
  } = options
  const keys = redisKeys(keyPrefix)
  const { send } = connection
  const now = () => clock?.now() ?? null

  async function settle(outcomes: readonly ClaimOutcome[]): Promise<void> {
    const call = settleCall(keys, outcomes, { windowMs, at: now() })
    await asking('settle', () => runScript(send, SETTLE, call, { limitMs: limits.settleMs }))
  }

  const engine: GateEngine = {
    async admit(requests, ended) {
      // Written together, executed and answered in this order.
      const ending = ended.length === 0 ? null : settle(ended).then(() => null, toError)
      const grouped = groupByTenant(requests)
      const call = admitCall(keys, grouped, { leaseMs, windowMs, at: now() })
      const how = { limitMs: limits.admitMs, bytes: true }
      const reply = await asking('admit', () => runScript(send, ADMIT, call, how))
      const lost = await ending
      if (lost !== null) log.warn('gate.ends_lost', errorFields(lost))
      return readVerdicts(grouped, readAdmitReply(reply as (number | Buffer)[], grouped.tenants.length))
    },
    settle,
    counts: (tenantId, minutes) => asking('counts', () => readCounts(send, keys, { tenantId, minutes, at: now() })),
    find: (tenantId, key) => asking('find', () => findClaim(send, keys.claim(tenantId, key), now())),
    async ready() {
      const info = await asking('ready', () => send(['INFO', 'memory'], { limitMs: QUESTION_LIMIT_MS }))
      const objection = unreadiness(readRedisFacts(String(info)))
      if (objection !== null) throw new GateUnavailableError(sentence(objection))
    },
    [Symbol.asyncDispose]: () => connection[Symbol.asyncDispose](),
  }
  return degradeWhenAway(engine, { clock, workers, log, rideMs })
}

const toError = (error: Error) => error

/** What Redis said, within the limit of each command. @throws {GateUnavailableError} with the driver's error as its cause */
async function asking<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw new GateUnavailableError(`asking Redis: ${what}`, { cause: error })
  }
}
