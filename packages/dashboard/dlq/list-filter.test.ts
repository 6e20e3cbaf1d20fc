import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filterWords, type ListFilter, toAskedFilter, toFilterBody } from './list-filter.ts'

const nothing: ListFilter = {
  state: 'any',
  reason: null,
  pointer: null,
  tenant: null,
  type: null,
  since: null,
  until: null,
  q: null,
  from_job: null,
}
const all: ListFilter = {
  state: 'open',
  reason: 'MISSING_FIELD',
  pointer: '/event_type',
  tenant: 'shop',
  type: 'order.created',
  since: new Date('2026-01-02T03:04:05Z'),
  until: null,
  q: 'a b',
  from_job: null,
}

test('a filter means the same in an address, a question and a job', () => {
  assert.deepEqual(toFilterBody(nothing), {})
  assert.deepEqual(toFilterBody(all), {
    state: 'open',
    reason: 'MISSING_FIELD',
    pointer: '/event_type',
    tenant_id: 'shop',
    event_type: 'order.created',
    since: '2026-01-02T03:04:05.000Z',
    q: 'a b',
  })
  const { tenant, eventType, since, until } = toAskedFilter(all)
  assert.deepEqual(
    { tenant, eventType, since, until },
    { tenant: 'shop', eventType: 'order.created', since: '2026-01-02T03:04:05.000Z', until: undefined },
  )
})

test('keeps those without a pointer apart from any pointer', () => {
  assert.deepEqual(toFilterBody({ ...nothing, pointer: '' }), { pointer: '' })
  assert.equal(toAskedFilter(nothing).pointer, undefined)
})

test('says a filter in words', () => {
  assert.equal(filterWords(nothing), '')
  assert.equal(
    filterWords({ ...all, since: null }),
    'MISSING_FIELD at /event_type, of shop, of type order.created, with “a b”',
  )
  assert.equal(
    filterWords({ ...nothing, reason: 'MALFORMED_RECORD', pointer: '' }),
    'MALFORMED_RECORD without a pointer',
  )
})
