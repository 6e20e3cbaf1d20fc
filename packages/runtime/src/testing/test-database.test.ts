import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { type TestLife, testDatabase, testDatabaseOn } from './test-database.ts'
import { openTestPostgres } from './test-postgres.ts'

test('gives each test a migrated database of its own', async (t) => {
  const [one, other] = [await testDatabase(t), await testDatabase(t)]
  await one.sql('CREATE TABLE only_here (id int)')
  assert.deepEqual(await other.sql("SELECT to_regclass('only_here') AS found"), [{ found: null }])
  const [history] = await one.sql<{ applied: string }>('SELECT count(*) AS applied FROM schema_migrations')
  assert.ok(Number(history?.applied) > 0)
})

test('makes one template however many ask at the same moment', async (t) => {
  const { server, life } = await aServer(t)
  const [first] = await Promise.all([1, 2, 3, 4].map(() => testDatabaseOn(server, life())))
  const found = await first?.sql(
    "SELECT count(*)::int AS templates FROM pg_database WHERE datname LIKE 'sluice_template_%'",
  )
  assert.deepEqual(found, [{ templates: 1 }])
})

test('drops the database of a test that passed, keeps and names that of one that failed', async (t) => {
  const { server, life, said, endAll } = await aServer(t)
  const [good, bad] = [await testDatabaseOn(server, life()), await testDatabaseOn(server, life(false))]
  await endAll()
  const { sql } = await testDatabaseOn(server, life())
  const nameOf = (url: string) => new URL(url).pathname.slice(1)
  const names = [nameOf(good.url), nameOf(bad.url)]
  const left = await sql('SELECT datname FROM pg_database WHERE datname = ANY ($1)', [names])
  assert.deepEqual(left, [{ datname: nameOf(bad.url) }])
  assert.deepEqual(said, [`the database of the failed test is kept: ${nameOf(bad.url)}`])
})

/** A server of this test alone, and lives for databases on it, which end before the server does. */
async function aServer(t: TestContext) {
  const server = await openTestPostgres()
  const said: string[] = []
  const releases: (() => Promise<void>)[] = []
  const endAll = async () => {
    for (const release of releases.splice(0)) await release()
  }
  t.after(async () => {
    await endAll()
    await server[Symbol.asyncDispose]()
  })
  const life = (passed = true): TestLife => ({
    passed,
    after: (release) => void releases.push(release),
    diagnostic: (message) => void said.push(message),
  })
  return { server: { url: server.url, stays: true }, life, said, endAll }
}
