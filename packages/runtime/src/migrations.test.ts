import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { applyMigrations, findMigrations, type Migration, MigrationError, missingMigrations } from './migrations.ts'
import { testDatabase } from './testing/test-database.ts'

const log = { info() {}, warn() {} }

function aMigration(sql: string, { component = 'test', number = 1 } = {}): Migration {
  return { component, number, name: 'test', checksum: sql, sql }
}

function packagesWith(t: TestContext, files: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'migrations-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const file of files) {
    mkdirSync(join(folder, file, '..'), { recursive: true })
    writeFileSync(join(folder, file), 'SELECT 1')
  }
  return folder
}

test('finds the files of all packages, by package, then number', (t) => {
  const folder = packagesWith(t, [
    'b/migrations/0002-more.sql',
    'b/migrations/0010-last.sql',
    'a/migrations/0001-first.sql',
    'a/migrations/README.md',
  ])
  const found = findMigrations(folder).map(({ component, number, name }) => [component, number, name])
  assert.deepEqual(found, [
    ['a', 1, 'first'],
    ['b', 2, 'more'],
    ['b', 10, 'last'],
  ])
})

test('refuses a file without a number, and two with the same', (t) => {
  assert.throws(() => findMigrations(packagesWith(t, ['a/migrations/add-table.sql'])), MigrationError)
  assert.throws(
    () => findMigrations(packagesWith(t, ['a/migrations/0001-one.sql', 'a/migrations/0001-other.sql'])),
    /two migrations are a 1/,
  )
})

test('applies what is missing once, however many start together', async (t) => {
  const { url, pool, sql } = await testDatabase(t)
  const migrations = [
    aMigration('CREATE TABLE once (id int)'),
    aMigration('INSERT INTO once VALUES (1)', { number: 2 }),
  ]
  assert.equal((await missingMigrations(pool, migrations)).length, 2)
  const applied = await Promise.all([1, 2, 3].map(() => applyMigrations(url, migrations, { log })))
  assert.equal(applied.flat().length, 2)
  assert.deepEqual(await sql('SELECT id FROM once'), [{ id: 1 }])
  assert.deepEqual(await missingMigrations(pool, migrations), [])
})

test('refuses a file that was changed after it was applied', async (t) => {
  const { pool } = await testDatabase(t)
  await applyMigrations(pool, [aMigration('CREATE TABLE first (id int)')], { log })
  const changed = [aMigration('CREATE TABLE other (id int)')]
  await assert.rejects(applyMigrations(pool, changed, { log }), /test 1 was changed after it was applied/)
  await assert.rejects(missingMigrations(pool, changed), MigrationError)
})

test('leaves nothing of a migration that fails, and keeps those before it', async (t) => {
  const { url, pool, sql } = await testDatabase(t)
  const migrations = [
    aMigration('CREATE TABLE kept (id int)'),
    aMigration('CREATE TABLE dropped (id int); SELECT 1 / 0', { number: 2 }),
    aMigration('CREATE TABLE never (id int)', { number: 3 }),
  ]
  await assert.rejects(applyMigrations(url, migrations, { log }), /applying migration test 2/)
  const [tables] = await sql(
    "SELECT to_regclass('kept') AS kept, to_regclass('dropped') AS dropped, to_regclass('never') AS never",
  )
  assert.deepEqual(tables, { kept: 'kept', dropped: null, never: null })
  assert.deepEqual(
    (await missingMigrations(pool, migrations)).map(({ number }) => number),
    [2, 3],
  )
})

test('tells that everything is missing in a database that was never migrated', async (t) => {
  const { pool, sql } = await testDatabase(t)
  await sql('DROP TABLE schema_migrations')
  assert.equal((await missingMigrations(pool, [aMigration('SELECT 1')])).length, 1)
})
