import type { TestContext } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import pg from 'pg'
import type { Stack } from './stack.ts'

/** A table that nobody else can write while this is held; reading it stays possible. */
export type HeldLock = {
  /** Resolves when a statement of the platform waits for the table. */
  awaitWaiter(): Promise<void>
  /** Lets all who wait go on. Harmless when repeated. */
  release(): Promise<void>
}

/**
 * Makes one engine call stand still at a chosen place: writers of `table` wait until the lock is released, which
 * happens at the end of the test at the latest.
 */
export async function holdLock(t: TestContext, stack: Stack, table: string): Promise<HeldLock> {
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
