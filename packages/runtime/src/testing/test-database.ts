import { createHash, randomUUID } from 'node:crypto'
import { applyMigrations, findMigrations, type Migration } from '../migrations.ts'
import { closePool, openPool, type Pool, type PoolClient, withClient } from '../postgres.ts'
import { openTestPostgres } from './test-postgres.ts'

export interface TestDatabase {
  readonly url: string
  readonly pool: Pool
  /** Runs one statement and returns its rows. */
  sql<Row extends object = Record<string, unknown>>(text: string, params?: readonly unknown[]): Promise<Row[]>
}

/** What is used of a `TestContext`. */
export interface TestLife {
  after(release: () => Promise<void>): void
  diagnostic?(message: string): void
  readonly passed?: boolean
}

const LOG = { info() {}, warn() {} }
/** They only end a hang: what a busy machine takes for a template, or for the rows of a test, is no fault. */
const LIMITS = { statementTimeoutMs: 120_000, lockTimeoutMs: 120_000, queryTimeoutMs: 180_000 }

/** Any number: only its equality in all test processes counts. */
const TEMPLATE_LOCK_KEY = 2_871_640_233

export type TestServer = {
  url: string
  /** Whether it outlives this process, so that a kept database can be looked at. */
  stays: boolean
}

/** One server for all tests of this process; it ends with the process. */
let ownServer: Promise<TestServer> | undefined

/**
 * A database with all tables, of this test alone: cloned from a template that is made again whenever a migration changes. On the
 * server of SLUICE_TEST_POSTGRES_URL, else on a throw-away one. Dropped when the test has passed; kept and named when it
 * failed, as far as the server stays.
 */
export async function testDatabase(t: TestLife): Promise<TestDatabase> {
  const given = process.env.SLUICE_TEST_POSTGRES_URL
  if (given !== undefined && given !== '') return testDatabaseOn({ url: given, stays: true }, t)
  ownServer ??= openTestPostgres().then(({ url }) => ({ url, stays: false }))
  return testDatabaseOn(await ownServer, t)
}

/** `testDatabase` on a server of the caller's choice. */
export async function testDatabaseOn(server: TestServer, t: TestLife): Promise<TestDatabase> {
  const name = `sluice_test_${randomUUID().replaceAll('-', '')}`
  await onServer(server.url, async (client) => {
    const template = await prepareTemplate(client, server.url, findMigrations())
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`)
  })
  const url = urlOf(server.url, name)
  const pool = openPool({ url, max: 10, applicationName: 'sluice-test', ...LIMITS, log: LOG })
  // Those that a pool always has: for a connection, which is also the wait for one of the ten, and for a transaction that a test holds.
  Object.assign(pool.options, { connectionTimeoutMillis: 60_000, idle_in_transaction_session_timeout: 120_000 })
  t.after(async () => {
    await closePool(pool)
    if (t.passed === false && server.stays) t.diagnostic?.(`the database of the failed test is kept: ${name}`)
    else await onServer(server.url, (client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`))
  })
  return {
    url,
    pool,
    async sql<Row extends object>(text: string, params: readonly unknown[] = []) {
      return (await pool.query(text, [...params])).rows as Row[]
    },
  }
}

/** Under a lock, so that of test files that start together one makes the template. Its name appears only when it is whole. */
async function prepareTemplate(
  client: PoolClient,
  serverUrl: string,
  migrations: readonly Migration[],
): Promise<string> {
  const checksum = createHash('sha256').update(JSON.stringify(migrations)).digest('hex').slice(0, 16)
  const name = `sluice_template_${checksum}`
  if (await exists(client, name)) return name
  await client.query(`SELECT pg_advisory_lock(${TEMPLATE_LOCK_KEY})`)
  try {
    if (await exists(client, name)) return name
    const draft = `${name}_draft`
    await client.query(`DROP DATABASE IF EXISTS ${draft} WITH (FORCE)`)
    await client.query(`CREATE DATABASE ${draft}`)
    await applyMigrations(urlOf(serverUrl, draft), migrations, { log: LOG })
    // Nobody may be connected to a template that is cloned, autovacuum included.
    await client.query(`ALTER DATABASE ${draft} WITH ALLOW_CONNECTIONS false`)
    await client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, [draft])
    await client.query(`ALTER DATABASE ${draft} RENAME TO ${name}`)
    return name
  } finally {
    await client.query(`SELECT pg_advisory_unlock(${TEMPLATE_LOCK_KEY})`)
  }
}

async function exists(client: PoolClient, name: string): Promise<boolean> {
  return (await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name])).rows.length > 0
}

/** Over a connection that is closed at once: it would keep the process open and count against the server's limit. */
async function onServer<T>(url: string, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const pool = openPool({ url, max: 1, applicationName: 'sluice-test-setup', ...LIMITS, log: LOG })
  try {
    return await withClient(pool, work)
  } finally {
    await closePool(pool)
  }
}

function urlOf(serverUrl: string, database: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${database}`
  return url.href
}
