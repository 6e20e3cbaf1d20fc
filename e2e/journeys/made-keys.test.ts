import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import { openStack, STACKS } from '../open-stack.ts'
import { eventText, sendPatiently } from '../send.ts'

/** Below the 20 wrong keys a second that stop an address. */
const PAUSE_MS = 200

for (const kind of STACKS)
  test(`${kind}: S1: no key, a wrong one and a revoked one are refused, others go on, without a restart`, async (t) => {
    const stack = await openStack(t, kind)
    const post = (apiKey: string, body = eventText(`e-${randomUUID()}`)) =>
      sendPatiently(stack.ingestUrl, body, { apiKey, key: randomUUID() })
    const statusOf = async (apiKey: string) => (await post(apiKey)).status
    const change = async (path: string, wish: object) => {
      const response = await fetch(stack.adminUrl + path, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ operation_id: randomUUID(), by: 'ada', ...wish }),
      })
      return { status: response.status, body: (await response.json()) as Record<string, unknown> }
    }
    const make = async (tenantId: string) => {
      const { status, body } = await change('/admin/keys', { tenant_id: tenantId })
      assert.equal(status, 201)
      return { key: String(body.key), id: (body.api_key as { id: string }).id }
    }

    assert.deepEqual([await statusOf(''), await statusOf(`sk_0123456789ab_${'x'.repeat(43)}`)], [401, 401])

    const pid = await stack.pidOf('ingest')
    const [leaked, kept] = [await make('team_new'), await make('team_new')]
    for (const { key } of [leaked, kept])
      await eventually(async () => (await statusOf(key)) === 202, {
        pauseMs: PAUSE_MS,
        message: 'a made key is let in',
      })

    const foreign = eventText('e-foreign').replace('{', '{"tenant_id":"tenant_b",')
    const { status, body } = await post(leaked.key, foreign)
    assert.equal(status, 202)
    const tenants = () => stack.sql("SELECT tenant_id FROM events WHERE event_id = 'e-foreign'")
    const found = await eventually(async () => ((await tenants()).length > 0 ? tenants() : false))
    assert.deepEqual(found, [{ tenant_id: 'team_new' }])
    const receiptOf = (apiKey: string) =>
      fetch(`${stack.adminUrl}/receipts/${body.receipt_id}`, { headers: { 'X-API-Key': apiKey } })
    await eventually(async () => (await receiptOf(kept.key)).status === 200, {
      pauseMs: PAUSE_MS,
      message: 'the tenant sees its own receipt by another of its keys',
    })

    const revokedAt = performance.now()
    assert.equal((await change(`/admin/keys/${leaked.id}/revoke`, { note: 'leaked' })).status, 200)
    await eventually(async () => (await statusOf(leaked.key)) === 401, {
      timeoutMs: 30_000,
      pauseMs: PAUSE_MS,
      message: 'a revoked key is refused by ingest',
    })
    await eventually(async () => (await receiptOf(leaked.key)).status === 401, {
      timeoutMs: 30_000 - (performance.now() - revokedAt),
      pauseMs: PAUSE_MS,
      message: 'a revoked key is refused by admin',
    })
    t.diagnostic(`refused ${Math.round(performance.now() - revokedAt)} ms after it was revoked`)
    assert.deepEqual([await statusOf(kept.key), await statusOf('key_a')], [202, 202])
    assert.equal(await stack.pidOf('ingest'), pid)
  })
