import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { applyMigrations, findMigrations } from '@sluice/runtime/migrations'
import { closePool, openPool, type Pool } from '@sluice/runtime/postgres'
import { testDatabase } from '@sluice/runtime/testing/test-database'
import { createEventStore } from '../settle-batch.ts'
import { aBatch, aRecord } from '../testing/settle-records.ts'
import { ANY_DEAD_LETTER } from './dead-letter-filter.ts'
import { listDeadLetters } from './list-dead-letters.ts'

const LOG = { info() {}, warn() {} }
const LIMITS = { statementTimeoutMs: 120_000, lockTimeoutMs: 120_000, queryTimeoutMs: 180_000 }

/** What keeps a database from having pg_trgm, as its owner would meet it. */
const OBSTACLES: Record<string, (admin: Pool, names: { database: string; role: string }) => Promise<unknown>> = {
  // Trusted extensions want CREATE on the database, which the role has on the schema alone.
  'a role that may not create extensions': async () => {},
  // PostgreSQL 18: where it looks for the control files of extensions. As on a server without contrib modules none is there.
  'a server without contrib modules': (admin, { database, role }) =>
    admin.query(`
      ALTER DATABASE ${database} SET extension_control_path = '/nowhere';
      GRANT CREATE ON DATABASE ${database} TO ${role}`),
}

for (const [obstacle, arrange] of Object.entries(OBSTACLES))
  test(`with ${obstacle} the tables are made all the same, and a search finds the same without the index`, async (t) => {
    const withIndex = await testDatabase(t)
    const without = await migrateBehind(t, withIndex.url, arrange)
    const { rows } = await without.query<{ extensions: string; index: string | null }>(
      `SELECT (SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm') AS extensions,
              to_regclass('dead_letters_text') AS index`,
    )
    assert.deepEqual(rows, [{ extensions: '0', index: null }])

    const letters = [
      aRecord({ offset: 0, key: 'order-4711', eventType: '', eventId: 'Écran-9' }),
      aRecord({ offset: 1, key: '100%_\\', eventType: '' }),
      aRecord({ offset: 2, eventType: '', tenant: 'umbrella' }),
    ]
    const find = async (pool: Pool, text: string) => {
      const page = { cursor: null, limit: 10, include: { original: false } }
      const { rows: found } = await listDeadLetters(pool, { ...ANY_DEAD_LETTER, text }, page)
      return found.map(({ source }) => Number(source.offset)).sort()
    }
    for (const pool of [withIndex.pool, without]) await createEventStore({ pool, shard: 0 }).settle(aBatch(...letters))
    const expected = {
      '4711': [0],
      'ORDER-47': [0],
      'cran-9': [0],
      '100%_\\': [1],
      '0%\\': [],
      event: [0, 1, 2],
      '': [0, 1, 2],
    }
    for (const [text, offsets] of Object.entries(expected))
      for (const pool of [withIndex.pool, without]) assert.deepEqual(await find(pool, text), offsets, text)
  })

/** A database of a role without special rights, migrated by that role behind the obstacle. */
async function migrateBehind(t: TestContext, serverUrl: string, arrange: (typeof OBSTACLES)[string]): Promise<Pool> {
  const name = `sluice_test_${randomUUID().replaceAll('-', '')}`
  const names = { database: name, role: name }
  const life = new AsyncDisposableStack()
  t.after(() => life.disposeAsync())
  const open = (to: { database: string; role?: string }) => {
    const url = new URL(serverUrl)
    url.pathname = `/${to.database}`
    if (to.role !== undefined) Object.assign(url, { username: to.role, password: 'x' })
    const pool = openPool({ url: url.href, max: 2, applicationName: 'sluice-test', ...LIMITS, log: LOG })
    life.defer(() => closePool(pool))
    return pool
  }
  const server = open({ database: 'postgres' })
  await server.query(`CREATE ROLE ${name} LOGIN PASSWORD 'x'`)
  life.defer(async () => void (await server.query(`DROP ROLE ${name}`)))
  await server.query(`CREATE DATABASE ${name}`)
  life.defer(async () => void (await server.query(`DROP DATABASE ${name} WITH (FORCE)`)))
  await open({ database: name }).query(`GRANT CREATE ON SCHEMA public TO ${name}`)
  await arrange(server, names)
  const pool = open(names)
  await applyMigrations(pool, findMigrations(), { log: LOG })
  return pool
}
