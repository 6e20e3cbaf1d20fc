import type { Clock } from '@sluice/runtime/clock'
import type { Logger } from '@sluice/runtime/logger'
import type { RedisGateConfig } from '../config.ts'
import type { Gate } from '../gate.ts'
import { createRedisGate } from '../redis-gate.ts'
import { QUESTION_LIMIT_MS } from '../timing.ts'
import { openRedisConnection, runScript, type SendCommand } from './connection.ts'
import { readRedisFacts, sentence, unfitness } from './facts.ts'
import { type RedisKeys, redisKeys } from './keys.ts'
import { ADMIT, RESUME, SETTLE } from './scripts.ts'

/** Opens a gate whose connection closes with it; waits for the first try to connect, at most 3 s. */
export async function openRedisGate({ address, windowMs, workers }: RedisGateConfig, log: Logger): Promise<Gate> {
  const prepare = (send: SendCommand) => prepareRedis(send, redisKeys(), null)
  const connection = await openRedisConnection({ address, prepare, log })
  return createRedisGate({ connection, windowMs, workers, log })
}

/** Makes a new connection one that the gate can use: refuses a server that is unfit, and brings the scripts. */
export async function prepareRedis(send: SendCommand, keys: RedisKeys, clock: Clock | null): Promise<void> {
  const how = { limitMs: QUESTION_LIMIT_MS }
  const facts = readRedisFacts(String(await send(['INFO'], how)))
  const objection = unfitness(facts)
  if (objection !== null) throw new Error(sentence(objection))
  await Promise.all([ADMIT, SETTLE].map(({ source }) => send(['SCRIPT', 'LOAD', source], how)))
  const at = clock === null ? '' : String(clock.now())
  await runScript(
    send,
    RESUME,
    {
      keys: [keys.tenants, keys.since, keys.run],
      args: [at, facts.runId ?? '', facts.appendOnly === true ? '1' : '0'],
    },
    how,
  )
}
