import assert from 'node:assert/strict'
import { connect, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import {
  closePool,
  openPool,
  type Pool,
  type PoolClient,
  type PoolOptions,
  TransactionRolledBackError,
  withClient,
  withTransaction,
} from './postgres.ts'
import { classifySqlError, isOutcomeUnknown, sqlStateOf } from './sql-state.ts'
import { eventually } from './testing/eventually.ts'
import { openTcpLink } from './testing/tcp-link.ts'
import { testDatabase } from './testing/test-database.ts'

function aPool(t: TestContext, url: string, options: Partial<PoolOptions> = {}): Pool {
  const limits = { statementTimeoutMs: 8_000, lockTimeoutMs: 3_000 }
  const pool = openPool({ url, max: 1, applicationName: 'postgres-test', ...limits, log: { warn() {} }, ...options })
  t.after(() => closePool(pool))
  return pool
}

const pidOf = async (client: Pick<Pool, 'query'>) =>
  (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]?.pid

/** As the server told it when the connection was made: no question, which a limit could end. */
const pidKnownOf = async (client: PoolClient) => (client as unknown as { processID: number }).processID

const failureOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => assert.fail('it worked'),
    (error: unknown) => error,
  )

test('gives every session its limits, its name and its settings', async (t) => {
  const { url } = await testDatabase(t)
  const pool = aPool(t, url, {
    statementTimeoutMs: 1_234,
    lockTimeoutMs: 567,
    synchronousCommit: 'off',
    settings: { search_path: 'public, pg_temp', enable_seqscan: 'off' },
  })
  const names = [
    'statement_timeout',
    'lock_timeout',
    'idle_in_transaction_session_timeout',
    'synchronous_commit',
    'search_path',
    'enable_seqscan',
    'application_name',
  ]
  const { rows } = await pool.query('SELECT name, current_setting(name) AS value FROM unnest($1::text[]) AS name', [
    names,
  ])
  assert.deepEqual(Object.fromEntries(rows.map(({ name, value }) => [name, value])), {
    statement_timeout: '1234ms',
    lock_timeout: '567ms',
    idle_in_transaction_session_timeout: '10s',
    synchronous_commit: 'off',
    search_path: 'public, pg_temp',
    enable_seqscan: 'off',
    application_name: 'postgres-test',
  })
})

test('keeps the options that stand in the URL beside its own', async (t) => {
  const { url } = await testDatabase(t)
  const withOptions = new URL(url)
  withOptions.searchParams.set('options', '-c work_mem=5MB')
  const pool = aPool(t, withOptions.href, { synchronousCommit: 'off' })
  const { rows } = await pool.query(
    "SELECT current_setting('work_mem') AS theirs, current_setting('synchronous_commit') AS ours",
  )
  assert.deepEqual(rows, [{ theirs: '5MB', ours: 'off' }])
})

test('hands over JSON, int8 and numeric as text, so that no digit is lost', async (t) => {
  const { sql } = await testDatabase(t)
  const number = '12345678901234567890.10'
  const [row] = await sql(
    `SELECT '${number}'::json AS json, '[${number}]'::jsonb AS jsonb, 9007199254740993 AS int8, 1.10 AS decimal`,
  )
  assert.deepEqual(row, { json: number, jsonb: `[${number}]`, int8: '9007199254740993', decimal: '1.10' })
})

test('commits what the work wrote and rolls back what it wrote before it threw', async (t) => {
  const { pool, sql } = await testDatabase(t)
  await sql('CREATE TABLE notes (text text)')
  await withTransaction(pool, (client) => client.query("INSERT INTO notes VALUES ('kept')"))
  const thrown = new Error('on purpose')
  const failure = await failureOf(
    withTransaction(pool, async (client) => {
      await client.query("INSERT INTO notes VALUES ('dropped')")
      throw thrown
    }),
  )
  assert.equal(failure, thrown)
  assert.deepEqual(await eventually(() => sql('SELECT text FROM notes')), [{ text: 'kept' }])
})

test('keeps the connection when the server refused a statement and the rollback is done', async (t) => {
  const { url } = await testDatabase(t)
  const pool = aPool(t, url)
  const before = await pidOf(pool)
  const failure = await failureOf(withTransaction(pool, (client) => client.query("SELECT 'x'::int")))
  assert.equal(classifySqlError(failure), 'data')
  assert.equal(await pidOf(pool), before)
  const { rows } = await pool.query('SELECT now() = statement_timestamp() AS outside')
  assert.deepEqual(rows, [{ outside: true }])
})

test('does not take a COMMIT for done that the server turned into a rollback', async (t) => {
  const { pool } = await testDatabase(t)
  const failure = await failureOf(
    withTransaction(pool, async (client) => {
      await client.query('SELECT 1 / 0').catch(() => {})
    }),
  )
  assert.ok(failure instanceof TransactionRolledBackError)
  assert.equal(classifySqlError(failure), 'systemic')
})

test('drops a connection whose backend was ended within a transaction; the pool goes on', async (t) => {
  const { url, sql } = await testDatabase(t)
  await sql('CREATE TABLE notes (text text)')
  const pool = aPool(t, url)
  let ended: number | undefined
  const failure = await failureOf(
    withTransaction(pool, async (client) => {
      ended = await pidOf(client)
      await client.query("INSERT INTO notes VALUES ('dropped')")
      await sql('SELECT pg_terminate_backend($1)', [ended])
      await client.query("INSERT INTO notes VALUES ('dropped too')")
    }),
  )
  assert.equal(classifySqlError(failure), 'transient')
  assert.equal(isOutcomeUnknown(failure), true)
  assert.equal(pool.totalCount, 0)
  assert.notEqual(await pidOf(pool), ended)
  assert.deepEqual(await sql('SELECT text FROM notes'), [])
})

test('survives the end of a connection that nobody was using, and says so', async (t) => {
  const { url, sql } = await testDatabase(t)
  const said: string[] = []
  const pool = aPool(t, url, { log: { warn: (event) => void said.push(event) } })
  const ended = await pidOf(pool)
  await sql('SELECT pg_terminate_backend($1)', [ended])
  await eventually(() => said.includes('postgres.connection_lost'))
  assert.notEqual(await pidOf(pool), ended)
})

test('cancels a statement at its limit with a known outcome', async (t) => {
  const { url } = await testDatabase(t)
  const failure = await failureOf(aPool(t, url, { statementTimeoutMs: 50 }).query('SELECT pg_sleep(5)'))
  assert.equal(sqlStateOf(failure), '57014')
  assert.equal(classifySqlError(failure), 'transient')
  assert.equal(isOutcomeUnknown(failure), false)
})

test('gives up a lock at its limit', async (t) => {
  const { url, pool: holder, sql } = await testDatabase(t)
  await sql('CREATE TABLE notes (text text)')
  const pool = aPool(t, url, { lockTimeoutMs: 50 })
  await withTransaction(holder, async (client) => {
    await client.query('LOCK TABLE notes')
    const failure = await failureOf(withTransaction(pool, (other) => other.query("INSERT INTO notes VALUES ('x')")))
    assert.equal(sqlStateOf(failure), '55P03')
    assert.equal(classifySqlError(failure), 'transient')
  })
})

test('gives up a server that does not answer, destroys the connection, and cannot know the outcome', async (t) => {
  const { url } = await testDatabase(t)
  const pool = aPool(t, url, { queryTimeoutMs: 50 })
  const before = await withClient(pool, pidKnownOf)
  const failure = await failureOf(withClient(pool, (client) => client.query('SELECT pg_sleep(5)')))
  assert.equal(classifySqlError(failure), 'transient')
  assert.equal(isOutcomeUnknown(failure), true)
  assert.notEqual(await withClient(pool, pidKnownOf), before)
})

test('reports an unknown outcome when the answer to COMMIT is lost, though the rows are there', async (t) => {
  const { url, sql } = await testDatabase(t)
  await sql('CREATE TABLE notes (text text)')
  const proxy = await losingAnswersAfter(t, url, 'COMMIT')
  const failure = await failureOf(
    withTransaction(aPool(t, proxy), (client) => client.query("INSERT INTO notes VALUES ('there')")),
  )
  assert.equal(classifySqlError(failure), 'transient')
  assert.equal(isOutcomeUnknown(failure), true)
  await eventually(async () => (await sql('SELECT text FROM notes')).length === 1)
})

test('knows that nothing happened when nobody listens', async (t) => {
  const failure = await failureOf(aPool(t, 'postgresql://sluice@127.0.0.1:1/none').query('SELECT 1'))
  assert.equal(classifySqlError(failure), 'transient')
  assert.equal(isOutcomeUnknown(failure), false)
})

test('closes twice without harm, and cuts off a client that is never given back', async (t) => {
  const { url } = await testDatabase(t)
  const pool = aPool(t, url)
  const client = await pool.connect()
  const hanging = failureOf(client.query('SELECT pg_sleep(60)'))
  await Promise.all([closePool(pool), closePool(pool)])
  assert.equal(pool.totalCount, 0)
  assert.equal(isOutcomeUnknown(await hanging), true)
})

test('a question of the pool itself that hangs at the end fails, and nothing else does', async (t) => {
  const { url } = await testDatabase(t)
  const pool = aPool(t, url)
  const hanging = failureOf(pool.query('SELECT pg_sleep(60)'))
  await eventually(() => pool.totalCount === 1 && pool.idleCount === 0)
  await closePool(pool, 0)
  assert.equal(classifySqlError(await hanging), 'transient')
  assert.equal(pool.totalCount, 0)
})

test('an idle connection that says its goodbye to a server which stands still is cut off', async (t) => {
  const { url } = await testDatabase(t)
  const link = await openTcpLink(Number(new URL(url).port))
  t.after(() => link[Symbol.asyncDispose]())
  const pool = aPool(t, Object.assign(new URL(url), { hostname: '127.0.0.1', port: String(link.port) }).href)
  const client = await pool.connect()
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection
  client.release()
  link.stall()
  await closePool(pool, 0)
  assert.equal(stream.destroyed, true)
})

/** A way to the server that breaks right after a statement with `word` has been passed on: its answer never arrives. */
async function losingAnswersAfter(t: TestContext, url: string, word: string): Promise<string> {
  const { port, hostname } = new URL(url)
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(Number(port), hostname)
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('error', () => {})
    }
    let isLost = false
    far.on('data', (bytes) => (isLost ? near.destroy() : near.write(bytes)))
    near.on('data', (bytes) => {
      isLost ||= bytes.includes(word)
      far.write(bytes)
    })
    near.on('close', () => far.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  const proxy = new URL(url)
  proxy.port = String(address.port)
  return proxy.href
}
