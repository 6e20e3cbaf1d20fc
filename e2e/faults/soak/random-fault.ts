import { delay } from '@sluice/runtime/backoff'
import type { FullStack } from '../../full-stack.ts'
import type { PartName } from '../../sluice-dev.ts'
import type { Stack } from '../../stack.ts'

/** Something to break; resolves when it is healed. */
export type Fault = { name: string; strike(): Promise<void> }

/** Long enough to be noticed by every time limit but the consumers' sessions. */
const STALL_MS = 5_000

const isFull = (stack: Stack): stack is FullStack => stack.kind === 'full'

/** Every fault that a stack can be given, whatever it does at that moment. */
export function faultsOf(stack: Stack): Fault[] {
  const parts = stack.kind === 'full' ? (['ingest', 'processor', 'admin'] as const) : (['ingest', 'processor'] as const)
  const faults: Fault[] = [
    ...stack.victims.map((victim) => ({ name: `kill -9 ${victim}`, strike: () => stack.crash(victim) })),
    ...parts.map((part) => ({ name: `SIGSTOP ${part}, ${STALL_MS / 1_000} s`, strike: () => stopPart(stack, part) })),
    { name: 'the gate forgets all keys', strike: () => stack.forgetKeys() },
    { name: 'every connection of the platform to PostgreSQL ended', strike: () => endSessions(stack) },
  ]
  if (!isFull(stack)) return faults
  const engines = { kafka: stack.kafka.brokers[0], redis: stack.redis, postgres: stack.postgres }
  for (const [name, engine] of Object.entries(engines))
    faults.push({
      name: `${name} stalled, ${STALL_MS / 1_000} s`,
      async strike() {
        await engine.stall()
        await delay(STALL_MS)
        await engine.resume()
      },
    })
  return faults
}

async function stopPart(stack: Stack, part: PartName): Promise<void> {
  const pid = await stack.pidOf(part)
  process.kill(pid, 'SIGSTOP')
  await delay(STALL_MS)
  process.kill(pid, 'SIGCONT')
}

async function endSessions(stack: Stack): Promise<void> {
  await stack.sql(
    `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE 'sluice-%'`,
  )
}
