import { after, type TestContext } from 'node:test'
import type { Pool } from '@sluice/runtime/postgres'
import { type TestDatabase, testDatabase } from '@sluice/runtime/testing/test-database'
import { openGatePool } from '../postgres/open.ts'

export type GateDatabases = {
  /** An emptied database that no other test uses; `t` gives it back with `release`. */
  take(): Promise<TestDatabase>
  release(database: TestDatabase, t: TestContext): void
}

/** The pool of a gate whose answers are looked at: a machine at its limit is given time to connect and to answer. */
export function patientGatePool(url: string, lockTimeoutMs?: number): Pool {
  const pool = openGatePool(url, { warn: () => {} }, lockTimeoutMs)
  Object.assign(pool.options, { connectionTimeoutMillis: 30_000, query_timeout: 30_000 })
  return pool
}

/**
 * The databases of one test file: cloning one for each test costs more than all that the test does. Call it at the top of the
 * file. They are dropped when the whole file passed.
 */
export function gateDatabases(): GateDatabases {
  const free: TestDatabase[] = []
  const cleanups: (() => unknown)[] = []
  const file = { passed: true, after: (fn: () => unknown) => cleanups.push(fn), diagnostic: () => {} }
  after(async () => {
    for (const cleanup of cleanups) await cleanup()
  })
  return {
    async take() {
      const database = free.pop() ?? (await testDatabase(file as unknown as TestContext))
      await database.sql('TRUNCATE gate_limits, gate_claims, gate_counts, gate_sweep_position')
      return database
    },
    release(database, t) {
      if ((t as { passed?: boolean }).passed === false) {
        file.passed = false
        t.diagnostic(`kept the database of the failed test: ${new URL(database.url).pathname.slice(1)}`)
      } else free.push(database)
    },
  }
}
