import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import pg from 'pg'
import { clusterOf } from './embedded-postgres/cluster.ts'
import {
  DataFolderBrokenError,
  DataFolderInUseError,
  EmbeddedPostgresError,
} from './embedded-postgres/embedded-errors.ts'
import { sendSignal } from './embedded-postgres/leftovers.ts'
import { findServerProcesses, type ServerProcess } from './embedded-postgres/process-facts.ts'
import { deleteEmbeddedPostgres, type EmbeddedPostgres, openEmbeddedPostgres } from './embedded-postgres.ts'
import { eventually } from './testing/eventually.ts'

const log = { info() {}, warn() {} }

/** A data folder of this test, and how to open it; whatever runs there is stopped afterwards. */
function aDataFolder(t: TestContext, mode = 0o755) {
  const parent = mkdtempSync(join(tmpdir(), 'embedded-postgres-'))
  chmodSync(parent, mode)
  const dataDir = join(parent, 'data')
  const running = new Set<EmbeddedPostgres>()
  t.after(async () => {
    for (const server of running) await server.stop()
    await deleteEmbeddedPostgres({ dataDir, log })
    rmSync(parent, { recursive: true })
  })
  const open = async (options: { port?: number } = {}) => {
    const server = await openEmbeddedPostgres({ dataDir, log, ...options })
    running.add(server)
    return server
  }
  return { dataDir, open }
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}

/** Stops all of them, those too that begin meanwhile. One may have ended since it was looked for. */
const stopAll = (find: () => ServerProcess[]) =>
  eventually(() => {
    for (const { pid, stopped } of find()) if (!stopped) sendSignal(pid, 'SIGSTOP')
    return find().every(({ stopped }) => stopped)
  })

const exitOf = (server: EmbeddedPostgres) => new Promise<{ expected: boolean }>((resolve) => server.onExit(resolve))

test('starts on a new folder, keeps rows and address through a stop, and promises durability', async (t) => {
  const { open } = aDataFolder(t)
  const first = await open()
  await query(first.url, 'CREATE TABLE kept AS SELECT 1 AS id')
  const exit = exitOf(first)
  await Promise.all([first.stop(), first.stop()])
  assert.equal((await exit).expected, true)
  assert.deepEqual(findServerProcesses(clusterOf(first.dataDir)), [])

  const again = await open()
  assert.equal(again.url, first.url)
  assert.deepEqual(await query(again.url, 'SELECT id FROM kept'), [{ id: 1 }])
  const names =
    "'fsync', 'synchronous_commit', 'full_page_writes', 'max_connections', 'listen_addresses', 'server_encoding', 'password_encryption'"
  const settings = await query(again.url, `SELECT name, setting FROM pg_settings WHERE name IN (${names})`)
  assert.deepEqual(Object.fromEntries(settings.map(({ name, setting }) => [name, setting])), {
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    max_connections: '60',
    listen_addresses: '127.0.0.1',
    server_encoding: 'UTF8',
    password_encryption: 'scram-sha-256',
  })
  assert.equal(statSync(again.dataDir).mode & 0o777, 0o700)
  assert.equal(statSync(join(again.dataDir, 'password')).mode & 0o777, 0o600)
  const wrong = new URL(again.url)
  wrong.password = 'wrong'
  await assert.rejects(query(wrong.href, 'SELECT 1'), { code: '28P01' })
})

test('tells when the server was killed and comes back on the same port, again and again', async (t) => {
  const { open } = aDataFolder(t)
  let server = await open()
  const { url } = server
  await query(url, 'CREATE TABLE rows (id int)')
  for (const id of [1, 2, 3]) {
    const exit = exitOf(server)
    await query(url, `INSERT INTO rows VALUES (${id})`)
    process.kill(server.pid, 'SIGKILL')
    assert.equal((await exit).expected, false)
    server = await open({ port: server.port })
    assert.equal(server.url, url)
  }
  assert.deepEqual(await query(url, 'SELECT count(*)::int AS rows FROM rows'), [{ rows: 3 }])
})

test('ends what a killed supervisor left running, a stopped backend included', async (t) => {
  const { dataDir, open } = aDataFolder(t)
  const script = `import { openEmbeddedPostgres } from '${new URL('embedded-postgres.ts', import.meta.url).href}'
    const server = await openEmbeddedPostgres({ dataDir: process.argv[1], log: { info() {}, warn() {} } })
    console.log(JSON.stringify({ url: server.url, pid: server.pid, dataDir: server.dataDir })); setInterval(() => {}, 1000)`
  const supervisor = spawn(process.execPath, ['--input-type=module', '-e', script, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const left = JSON.parse(String((await once(supervisor.stdout, 'data'))[0])) as {
    url: string
    pid: number
    dataDir: string
  }
  await query(left.url, 'CREATE TABLE kept AS SELECT 1 AS id')
  await assert.rejects(open(), (error) => error instanceof DataFolderInUseError && error.ownerPid === supervisor.pid)

  const client = new pg.Client({ connectionString: left.url })
  client.on('error', () => {})
  await client.connect()
  const [backend] = (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows
  assert.ok(backend)
  process.kill(backend.pid, 'SIGSTOP')
  supervisor.kill('SIGKILL')
  await once(supervisor, 'exit')

  const server = await open()
  assert.equal(server.url, left.url)
  assert.ok(!findServerProcesses(clusterOf(server.dataDir)).some(({ pid }) => pid === left.pid || pid === backend.pid))
  assert.deepEqual(await query(server.url, 'SELECT id FROM kept'), [{ id: 1 }])
  await client.end().catch(() => {})
})

test('ends the backends that outlive a killed server before it says so, and stops with a stopped one', async (t) => {
  const { open } = aDataFolder(t)
  const first = await open()
  const exit = exitOf(first)
  const cluster = clusterOf(first.dataDir)
  const others = () => findServerProcesses(cluster).filter(({ pid }) => pid !== first.pid)
  await stopAll(others)
  process.kill(first.pid, 'SIGKILL')
  await exit
  assert.deepEqual(findServerProcesses(cluster), [])

  const second = await open()
  await stopAll(() => findServerProcesses(cluster))
  await second.stop()
  assert.deepEqual(findServerProcesses(cluster), [])
})

test('starts though postmaster.pid names a living process that is another program', async (t) => {
  const { open } = aDataFolder(t)
  const first = await open()
  const pidFile = join(clusterOf(first.dataDir), 'postmaster.pid')
  const text = readFileSync(pidFile, 'utf8')
  await first.stop()
  writeFileSync(pidFile, text.replace(/^\d+/, String(process.pid)))
  assert.equal((await open()).url, first.url)
})

test('refuses a second start while the first runs, and a port that is taken', async (t) => {
  const { open } = aDataFolder(t)
  const { port } = await open()
  await assert.rejects(open(), DataFolderInUseError)
  const other = aDataFolder(t)
  await assert.rejects(other.open({ port }), (error: Error) => {
    assert.ok(error instanceof EmbeddedPostgresError)
    assert.match(error.message, new RegExp(`port ${port}.* is taken`))
    return true
  })
  assert.notEqual((await other.open()).port, port)
})

test('names what is wrong with a broken folder, changes nothing in it, and lets go of it', async (t) => {
  const { open } = aDataFolder(t)
  const first = await open()
  await first.stop()
  const version = join(clusterOf(first.dataDir), 'PG_VERSION')
  const text = readFileSync(version, 'utf8')
  writeFileSync(version, '14\n')
  await assert.rejects(
    open(),
    (error) => error instanceof DataFolderBrokenError && /made by PostgreSQL 14, this is 18/.test(error.message),
  )
  rmSync(version)
  await assert.rejects(
    open(),
    (error) => error instanceof DataFolderBrokenError && /not a whole PostgreSQL data folder/.test(error.message),
  )
  writeFileSync(version, text)
  assert.equal((await open()).url, first.url)
})

test('keeps its data elsewhere when its user cannot reach the folder, always in the same place', async (t) => {
  const { dataDir, open } = aDataFolder(t, 0o700)
  const first = await open()
  await query(first.url, 'CREATE TABLE kept AS SELECT 1 AS id')
  await first.stop()
  const again = await open()
  assert.equal(again.dataDir, first.dataDir)
  assert.deepEqual(await query(again.url, 'SELECT id FROM kept'), [{ id: 1 }])
  // Only root has to run it as somebody else.
  assert.equal(again.dataDir === dataDir, process.getuid?.() !== 0)
})
