import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { aLedgerFile, aRow, aRunLine, aTry } from '../testing/a-ledger.ts'
import { UNUSED_URL } from '../testing/fake-ingest.ts'
import { startCommand } from '../testing/run-command.ts'
import type { Place } from './evidence.ts'

const SCRIPT = new URL('../main.ts', import.meta.url)

/** A bare server that answers what verify asks of the Admin API; `broken` cuts the export short, `hangs` never ends it. */
async function startAdmin(
  t: TestContext,
  options: { places?: readonly Place[]; token?: string; broken?: true; hangs?: true; balance?: object } = {},
) {
  const { places = [aRow(1)], token, broken, hangs, balance } = options
  const hanging = Promise.withResolvers<void>()
  const asked: string[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://admin')
    asked.push(`${url.pathname}${url.search}`)
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) {
      response.writeHead(401).end('{"code":"UNAUTHENTICATED"}')
      return
    }
    const bodies: Record<string, object> = {
      '/admin/kafka/lag': { total_lag: 0, partitions: [{ end: 1, committed: 1 }] },
      '/admin/overview': { as_of: new Date().toISOString() },
      '/admin/balance': { gap: 0, settled: true, per_minute: [], positions: null, ...balance },
    }
    if (url.pathname !== '/admin/export/identities') {
      const body = bodies[url.pathname] ?? { state: 'unknown' }
      response.end(JSON.stringify(body))
      return
    }
    const lines = places.map((place) => `${JSON.stringify(toWire(place))}\n`).join('')
    response.write(broken ? lines.slice(0, -20) : lines)
    if (hangs) hanging.resolve()
    else if (broken) request.socket.destroy()
    else response.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, hanging: hanging.promise }
}

function toWire(place: Place) {
  if (place.place !== 'event') throw new TypeError('rows only')
  const { tenantId, key, fingerprint, receiptId, content } = place
  return {
    place: 'event',
    tenant_id: tenantId,
    idempotency_key: key,
    fingerprint,
    receipt_id: receiptId,
    state: 'stored',
    reason: null,
    event_id: content.eventId,
    event_type: content.eventType,
    schema_version: content.schemaVersion,
    occurred_at: content.occurredAt,
    payload: content.payload,
    extra: content.extra,
  }
}

const run = (t: TestContext, args: string[], env: Record<string, string> = {}) =>
  startCommand(t, { script: SCRIPT, args: ['verify', '--quiet', '0s', ...args], env }).result
const LINES = [aRunLine({ started_at: new Date().toISOString() }), ...aTry(1)]

describe('loadgen verify', { concurrency: 2 }, () => {
  it('proves a run with an operator’s token, and asks for no rows of before it', async (t) => {
    const admin = await startAdmin(t, { token: 'operator' })
    const args = [aLedgerFile(t, LINES), '--admin-url', admin.url]
    const { status, stdout, stderr } = await run(t, args, { ADMIN_TOKEN: 'operator' })
    assert.equal(status, 0, stderr)
    assert.equal(JSON.parse(stdout).verdict, 'proved')
    assert.match(stderr, /^✔ lost +0/m)
    assert.ok(admin.asked.some((path) => /^\/admin\/export\/identities\?include=content&since=20/.test(path)))
  })

  it('exits 1 with nothing but the line on stdout, and with --json nothing on stderr', async (t) => {
    const admin = await startAdmin(t, { places: [] })
    const { status, stdout, stderr } = await run(t, [aLedgerFile(t, LINES), '--admin-url', admin.url, '--json'])
    assert.deepEqual([status, JSON.parse(stdout).lost, stderr], [1, 1, ''])
  })

  it('does not let a missing row and a position that was counted twice make up for each other', async (t) => {
    const balance = { per_minute: [{ gap: 1 }, { gap: null }], positions: { settled: 4, counted: 5, lost_unread: 0 } }
    const admin = await startAdmin(t, { balance })
    const { status, stdout } = await run(t, [aLedgerFile(t, LINES), '--admin-url', admin.url])
    assert.deepEqual([status, JSON.parse(stdout).unbalanced], [1, 2])
  })

  it('asks for everything when the run’s keys may have been used before', async (t) => {
    const admin = await startAdmin(t)
    const lines = [aRunLine({ fresh: false }), ...aTry(1)]
    assert.equal((await run(t, [aLedgerFile(t, lines), '--admin-url', admin.url])).status, 0)
    assert.ok(admin.asked.includes('/admin/export/identities?include=content'))
  })

  it('exits 3 when the export broke off or nobody answers: nothing is proved', async (t) => {
    const admin = await startAdmin(t, { broken: true })
    const file = aLedgerFile(t, LINES)
    for (const url of [admin.url, UNUSED_URL]) {
      const { status, stdout, stderr } = await run(t, [file, '--admin-url', url])
      assert.deepEqual([status, stdout], [3, ''])
      assert.match(stderr, /nothing is proved: .*--admin-url/)
    }
  })

  it('exits 4 when the token is refused, and 2 without a ledger', async (t) => {
    const admin = await startAdmin(t, { token: 'operator' })
    const refused = await run(t, [aLedgerFile(t, LINES), '--admin-url', admin.url])
    assert.equal(refused.status, 4)
    assert.match(refused.stderr, /set ADMIN_TOKEN/)
    for (const file of ['/nowhere.ndjson', SCRIPT.pathname]) {
      const { status, stderr } = await run(t, [file, '--admin-url', admin.url])
      assert.equal(status, 2)
      assert.match(stderr, /sluice loadgen --ledger writes/)
    }
  })

  it('exits 130 at once on Ctrl-C, also in the middle of an answer', async (t) => {
    const admin = await startAdmin(t, { hangs: true })
    const args = ['verify', aLedgerFile(t, LINES), '--admin-url', admin.url]
    const { child, result } = startCommand(t, { script: SCRIPT, args })
    await admin.hanging
    child.kill('SIGINT')
    const { status, stdout } = await result
    assert.deepEqual([status, stdout], [130, ''])
  })
})
