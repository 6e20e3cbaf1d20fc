import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { openEmbeddedPostgres } from '@sluice/runtime/embedded-postgres'
import { eventually } from '@sluice/runtime/testing/eventually'
import { eventText, send, sendPatiently } from '../send.ts'
import { proveTraffic } from './expect-ledger.ts'
import { startProcess } from './our-process.ts'
import { startTraffic } from './traffic.ts'

const CLI = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url))
/** Fewer than the limit of one tenant lets through in a minute. */
const EVENTS = 100
const silent = { info() {}, warn() {} }

test('R25: processes that start before their database live, are not ready, and become ready once it has its tables', {
  timeout: 600_000,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-e2e-'))
  chmodSync(folder, 0o711)
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const open = () => openEmbeddedPostgres({ dataDir: join(folder, 'data'), log: silent, throwAway: true })
  // Once to learn its address; then it is away.
  const { url, stop } = await open()
  await stop()

  const names = ['ingest', 'processor', 'admin'] as const
  const parts = await Promise.all(names.map((name) => startProcess(t, name, { DATABASE_URL: url })))
  const readiness = () => Promise.all(parts.map(({ status }) => status('/readyz')))
  const isAlive = async () => {
    assert.deepEqual(await Promise.all(parts.map(({ status }) => status('/healthz'))), [200, 200, 200])
    assert.deepEqual(
      parts.map(({ child }) => child.exitCode),
      [null, null, null],
    )
  }
  await isAlive()
  assert.deepEqual(await readiness(), [503, 503, 503])
  const [ingest] = parts
  const away = await send(ingest?.url ?? '', eventText('early'), { key: 'early' })
  assert.deepEqual([away.status, away.body.code], [503, 'LOG_UNAVAILABLE'])

  await using database = await open()
  assert.equal(database.url, url)
  // There, and empty: waited for just as well. The processors' tries say when they have met it.
  await eventually(() => /42P01|does not exist/.test(parts.map(({ output }) => output()).join('')))
  await isAlive()
  assert.deepEqual(await readiness(), [503, 503, 503])

  await promisify(execFile)(process.execPath, [CLI, 'migrate'], { env: { PATH: process.env.PATH, DATABASE_URL: url } })
  await eventually(async () => (await readiness()).every((status) => status === 200), {
    message: 'all three being ready',
  })
  await isAlive()
  const accepted = await sendPatiently(ingest?.url ?? '', eventText('early'), { key: 'early' })
  assert.equal(accepted.status, 202)
  const traffic = startTraffic(t, { ingestUrl: ingest?.url ?? '' }, [
    ...['--tenants', 'tenant_a', '--rps', String(EVENTS), '--duration', '1s'],
  ])
  const sent = () => Object.values(traffic.facts().sent).reduce((sum, count) => sum + count)
  await eventually(() => sent() === EVENTS, { message: 'all sent' })
  await proveTraffic(t, { adminUrl: parts[2]?.url ?? '', engineSettings: { DATABASE_URL: url } }, traffic)

  // In any order as well: each leaves by itself, with 0.
  for (const { child } of parts) child.kill('SIGTERM')
  assert.deepEqual(await Promise.all(parts.map(({ exited }) => exited)), [0, 0, 0])
})
