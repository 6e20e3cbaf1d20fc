import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testDatabase } from '@sluice/runtime/testing/test-database'
import { createEventStore } from '../settle-batch.ts'
import { aBatch, anUnreadableRecord, aRecord } from '../testing/settle-records.ts'
import { type ExportedIdentity, type ExportFilter, exportIdentities } from './export-identities.ts'

const ALL: ExportFilter = { tenantId: null, since: null, until: null, withContent: false }

async function collect(pages: AsyncGenerator<ExportedIdentity[]>): Promise<ExportedIdentity[]> {
  const rows: ExportedIdentity[] = []
  for await (const page of pages) rows.push(...page)
  return rows
}
const keysOf = (rows: readonly ExportedIdentity[]) => rows.map(({ idempotencyKey }) => idempotencyKey)

test('every event and every dead letter is exported once, over many pages, tenants and states', async (t) => {
  const { pool, sql } = await testDatabase(t)
  const store = createEventStore({ pool, shard: 1 })
  const tenants = ['acme', 'zeta', 'Beta']
  for (let batch = 0; batch < 3; batch++)
    await store.settle(
      aBatch(
        ...Array.from({ length: 500 }, (_, nth) => {
          const offset = batch * 500 + nth
          const bad = nth % 2 === 0 ? { eventType: '' } : {}
          return aRecord({ offset, key: `key-${offset}`, tenant: tenants[nth % 3] ?? 'acme', ...bad })
        }),
      ),
    )
  await store.settle(aBatch(anUnreadableRecord(9_000)))
  await sql("UPDATE dead_letters SET state = 'dismissed' WHERE tenant_id = 'zeta'")
  const rows = await collect(exportIdentities(pool, ALL))
  assert.equal(rows.length, 1_501)
  assert.equal(new Set(keysOf(rows)).size, 1_501) // the unreadable one has none
  assert.equal(rows.filter(({ place }) => place === 'event').length, 750)
  const dismissed = rows.filter((row) => row.place === 'dead_letter' && row.state === 'dismissed')
  assert.ok(dismissed.length === 249 && dismissed.every(({ tenantId }) => tenantId === 'zeta'))
  assert.ok(rows.some((row) => row.place === 'dead_letter' && row.tenantId === null))
})

test('one tenant gets its own only, and times leave out what lies outside', async (t) => {
  const { pool, sql } = await testDatabase(t)
  const store = createEventStore({ pool, shard: 1 })
  await store.settle(aBatch(aRecord({ offset: 1 }), aRecord({ offset: 2, tenant: 'zeta' })))
  await store.settle(aBatch(aRecord({ offset: 3 }), aRecord({ offset: 4, eventType: '' })))
  const [row] = await sql<{ at: Date }>("SELECT processed_at AS at FROM events WHERE idempotency_key = 'key-1'")
  const later = new Date((row?.at.getTime() ?? 0) + 60_000)
  assert.deepEqual(keysOf(await collect(exportIdentities(pool, { ...ALL, tenantId: 'zeta' }))), ['key-2'])
  assert.deepEqual(keysOf(await collect(exportIdentities(pool, { ...ALL, since: later }))), [])
  assert.equal((await collect(exportIdentities(pool, { ...ALL, until: later }))).length, 4)
})

test('content comes as it is stored: JSON text with every digit, and the bytes of a dead letter', async (t) => {
  const { pool } = await testDatabase(t)
  const store = createEventStore({ pool, shard: 1 })
  const bad = aRecord({ offset: 2, eventType: '' })
  await store.settle(aBatch(aRecord({ offset: 1, payload: '{"n":1.10}', extra: ',"x":12345678901234567890' }), bad))
  const [event, letter] = await collect(exportIdentities(pool, { ...ALL, withContent: true }))
  assert.deepEqual(event?.place === 'event' && event.content && [event.content.payload, event.content.extra], [
    '{"n": 1.10}',
    '{"x": 12345678901234567890}',
  ])
  assert.deepEqual(letter?.place === 'dead_letter' && letter.original, Buffer.from(bad.original))
})
