import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type SearchFields, searchPlan, wantedId } from './search-plan.ts'

const fields = (given: Partial<SearchFields>): SearchFields => ({
  q: null,
  tenant: null,
  eventId: null,
  idempotencyKey: null,
  type: null,
  since: null,
  until: null,
  ...given,
})
const receiptId = '01936f0a-0000-7000-8000-00000000c0de'

test('takes what looks like a receipt for one, whatever else it may be', () => {
  assert.deepEqual(searchPlan(fields({ q: ` ${receiptId.toUpperCase()}\n` }), ['a']), { type: 'receipt', receiptId })
})

test('tries other text as event id and as key, with the tenants that are known', () => {
  const ids = { eventId: 'order-1', idempotencyKey: 'order-1' }
  assert.deepEqual(searchPlan(fields({ q: 'order-1' }), ['a', 'b']), { type: 'ids', tenants: ['a', 'b'], ...ids })
  assert.deepEqual(searchPlan(fields({ q: 'order-1', tenant: 'c' }), ['a', 'b']), {
    type: 'ids',
    tenants: ['c'],
    ...ids,
  })
  const many = Array.from({ length: 9 }, (_, index) => `t${index}`)
  for (const tenants of [many, [], null])
    assert.deepEqual(searchPlan(fields({ q: 'order-1' }), tenants), { type: 'tenant_needed', text: 'order-1' })
})

test('asks by name what was named, and browses by type and time', () => {
  assert.deepEqual(searchPlan(fields({ tenant: 'a', eventId: 'x' }), null), {
    type: 'ids',
    tenants: ['a'],
    eventId: 'x',
    idempotencyKey: null,
  })
  assert.deepEqual(searchPlan(fields({ type: 'order.created' }), null), { type: 'browse' })
  assert.deepEqual(searchPlan(fields({}), null), { type: 'nothing' })
  assert.deepEqual(searchPlan(fields({ q: '   ' }), null), { type: 'nothing' })
})

test('finds the id in a pasted event, and takes quotes off', () => {
  assert.equal(wantedId('{"event_id": "order-7", "n": 1}'), 'order-7')
  assert.equal(wantedId('"order-7"'), 'order-7')
  assert.equal(wantedId('{broken'), '{broken')
  assert.equal(wantedId('{"event_id": 7}'), '{"event_id": 7}')
  assert.equal(wantedId('x'.repeat(300)).length, 255)
})
