import type { TestContext } from 'node:test'
import type { Engine } from '@sluice/infra/engines/engine'
import { eventually } from '@sluice/runtime/testing/eventually'
import pg from 'pg'
import type { FullStack } from './full-stack.ts'
import { readMetric } from './metrics.ts'
import type { Stack } from './stack.ts'

/** An engine that takes calls and does not answer them while this is held. */
export type Held = {
  /** Resolves when a call of the platform waits. */
  awaitWaiter(): Promise<void>
  /** Lets all who wait go on. Harmless when repeated. */
  release(): Promise<void>
}

const isFull = (stack: Stack): stack is FullStack => stack.kind === 'full'

/**
 * Lets appends stand still until released, at the end of the test at the latest.
 * @param ingestUrl the ingest whose appends are awaited, where it is not the stack's own
 */
export async function holdLog(t: TestContext, stack: Stack, ingestUrl = stack.ingestUrl): Promise<Held> {
  if (!isFull(stack)) return lockTable(t, stack, 'log_records')
  // Absent until the first micro-batch.
  const admitted = async () => (await readMetric(ingestUrl, 'sluice_ingest_step_seconds_count', 'step="admit"')) || 0
  const before = await admitted()
  return stallEngine(t, stack.kafka.brokers[0], async () => {
    // What the gate has let through goes to the log next.
    await eventually(async () => (await admitted()) > before, { message: 'a micro-batch on its way to the log' })
  })
}

/** Lets the gate stand still until released, at the end of the test at the latest. */
export async function holdGate(t: TestContext, stack: Stack): Promise<Pick<Held, 'release'>> {
  return isFull(stack) ? stallEngine(t, stack.redis, async () => {}) : lockTable(t, stack, 'gate_limits')
}

async function stallEngine(t: TestContext, engine: Engine, awaitWaiter: () => Promise<void>): Promise<Held> {
  const release = () => engine.resume()
  t.after(release)
  await engine.stall()
  return { awaitWaiter, release }
}

/** Holds a table of PostgreSQL until released, at the end of the test at the latest: nobody else can write it; reading stays possible. */
export async function lockTable(t: TestContext, stack: Stack, table: string): Promise<Held> {
  const client = new pg.Client({ connectionString: (await stack.status()).database_url })
  await client.connect()
  let isHeld = true
  const release = async () => {
    if (!isHeld) return
    isHeld = false
    await client.end()
  }
  t.after(release)
  await client.query('BEGIN')
  await client.query(`LOCK TABLE ${pg.escapeIdentifier(table)} IN EXCLUSIVE MODE`)
  return {
    release,
    async awaitWaiter() {
      const waiters = () => client.query('SELECT FROM pg_locks WHERE relation = $1::regclass AND NOT granted', [table])
      await eventually(async () => (await waiters()).rowCount !== 0, { message: `somebody waiting for ${table}` })
    },
  }
}
