import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { DeadLetterReason } from '@sluice/contract/dead-letter'
import { DLQ_TOPIC } from '@sluice/contract/topics'
import { createMemoryEventLog } from '@sluice/event-log/memory'
import type { SettleBatch } from '@sluice/event-store/event-store'
import { createEventStore } from '@sluice/event-store/settle-batch'
import { systemClock } from '@sluice/runtime/clock'
import { testSeed } from '@sluice/runtime/testing/seeded-random'
import { testDatabase } from '@sluice/runtime/testing/test-database'
import fc from 'fast-check'
import { announceJudged, settleJudged } from './settle-records.ts'
import { aBody, aJudgedBatch, aLogRecord, anAccepted } from './testing/records.ts'

/** Settles bodies that came past ingest, each with a good neighbour before and behind it. */
async function settleBodies(t: TestContext, bodies: readonly Buffer[]) {
  const { pool, sql } = await testDatabase(t)
  const store = createEventStore({ pool, shard: 0 })
  let transactions = 0
  const settle = (batch: SettleBatch) => {
    transactions += 1
    return store.settle(batch)
  }
  const parts = {
    store: { settle },
    eventLog: createMemoryEventLog({ topics: { [DLQ_TOPIC]: 1 } }),
    clock: systemClock,
  }
  const values = bodies.flatMap((body, nth) => [
    anAccepted(`before-${nth}`).value,
    anAccepted(`k${nth}`, body).value,
    anAccepted(`behind-${nth}`).value,
  ])
  const batch = aJudgedBatch(values.map((value, offset) => aLogRecord(value, { offset })))
  await announceJudged(parts, batch)
  const settled = await settleJudged(parts, batch)
  const outcomes = settled.flatMap(({ outcome }, at) =>
    at % 3 === 1 ? [outcome.type === 'dead_letter' ? outcome.reason : outcome.type] : [],
  )
  const neighbours = settled.filter((_, at) => at % 3 !== 1).map(({ outcome }) => outcome.type)
  return { sql, outcomes, neighbours, transactions: () => transactions }
}

const withPayload = (payload: string) => Buffer.from(aBody().toString().replace('{"n":1}', payload))
const depth = (levels: number) => withPayload(`{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`)
const TYPES = ['<script>alert(1)</script>', '\u202egnp.exe', 'line\nfeed', 'ﷺ'.repeat(255), '😀'.repeat(255)]

const CASES: [name: string, body: Buffer, became: DeadLetterReason | 'stored'][] = [
  ['H2: NUL in a value', withPayload('{"a":"\\u0000"}'), 'UNSTORABLE'],
  ['H2: NUL in a name', withPayload('{"\\u0000":1}'), 'UNSTORABLE'],
  ['H2: NUL in event_id', aBody({ event_id: 'e\u0000' }), 'UNSTORABLE'],
  ['H3: a lone surrogate', withPayload('{"a":"\\ud800"}'), 'UNSTORABLE'],
  ['H3: a lone surrogate in a name', withPayload('{"\\udc00":1}'), 'UNSTORABLE'],
  ['H4: an integer of 20 digits', withPayload('{"n":12345678901234567890}'), 'stored'],
  ['H4: a number close to zero', withPayload('{"n":0.1e-400}'), 'stored'],
  ['H4: minus zero', withPayload('{"n":-0}'), 'stored'],
  ['H5: 1e400', withPayload('{"n":1e400}'), 'UNSTORABLE'],
  ['H5: 131,072 digits', withPayload(`{"n":[${Array(9).fill('1e131071').join()}]}`), 'UNSTORABLE'],
  ['H5: 40,000 × 1e300', withPayload(`{"n":[${Array(40_000).fill('1e300').join()}]}`), 'UNSTORABLE'],
  ['H7: __proto__ and constructor', withPayload('{"__proto__":{"x":1},"constructor":{"prototype":{}}}'), 'stored'],
  ['H8: 32 levels', depth(30), 'stored'],
  ['H8: 33 levels', depth(31), 'UNSTORABLE'],
  ['H8: 5,000 levels', depth(5_000), 'UNSTORABLE'],
  ['H1: invalid UTF-8', Buffer.concat([withPayload('{}').subarray(0, -2), Buffer.from([0xff])]), 'MALFORMED_RECORD'],
  ['H17: event_id of 255 characters', aBody({ event_id: 'x'.repeat(255) }), 'stored'],
  ['H17: event_id of 256 characters', aBody({ event_id: 'x'.repeat(256) }), 'INVALID_FIELD'],
  ['H17: event_id of 3,000 characters', aBody({ event_id: 'x'.repeat(3_000) }), 'INVALID_FIELD'],
  ...TYPES.map((type, nth): [string, Buffer, 'stored'] => [
    `H17: event_type ${nth}`,
    aBody({ event_type: type }),
    'stored',
  ]),
]

test('H1 H2 H3 H4 H5 H7 H8 H17: what comes past ingest is judged before PostgreSQL sees it, its neighbours stored', async (t) => {
  const { sql, outcomes, neighbours, transactions } = await settleBodies(
    t,
    CASES.map(([, body]) => body),
  )
  assert.deepEqual(
    CASES.map(([name], at) => [name, outcomes[at]]),
    CASES.map(([name, , became]) => [name, became]),
  )
  assert.deepEqual(new Set(neighbours), new Set(['stored']))
  assert.equal(transactions(), 1, 'PostgreSQL refused nothing, so that nothing was halved')
  const numbers = await sql<{ n: string }>(
    `SELECT payload->>'n' AS n FROM events WHERE idempotency_key IN ('k5', 'k6', 'k7') ORDER BY source_offset`,
  )
  assert.deepEqual(
    numbers.map(({ n }) => n),
    ['12345678901234567890', `0.${'0'.repeat(400)}1`, '0'],
  )
  const types = await sql<{ type: string }>(`
    SELECT event_type AS type FROM events WHERE event_type <> 'order.created' ORDER BY source_offset`)
  assert.deepEqual(
    types.map(({ type }) => type),
    TYPES,
  )
})

test('H3: PostgreSQL stores every event that judging lets through, whatever its texts', async (t) => {
  const text = fc.string({ unit: 'binary', maxLength: 40 })
  const event = fc.record({
    event_id: fc.string({ unit: 'binary', minLength: 1, maxLength: 255 }),
    event_type: fc.string({ unit: 'binary', minLength: 1, maxLength: 255 }),
    payload: fc.dictionary(text, fc.jsonValue({ stringUnit: 'binary', maxDepth: 4 }), { maxKeys: 5 }),
    more: fc.jsonValue({ stringUnit: 'binary', maxDepth: 3 }),
  })
  const seed = testSeed()
  t.diagnostic(`seed ${seed}`)
  const bodies = fc.sample(event, { numRuns: 330, seed }).map((members) => aBody(members))
  const { outcomes, neighbours, transactions } = await settleBodies(t, bodies)
  const [stored, others] = [outcomes.filter((outcome) => outcome === 'stored'), new Set(outcomes)]
  assert.ok(stored.length > 30, `${stored.length} of ${outcomes.length} had texts that can be stored`)
  assert.deepEqual(
    [...others].filter((outcome) => outcome !== 'stored' && outcome !== 'UNSTORABLE'),
    [],
  )
  assert.deepEqual(new Set(neighbours), new Set(['stored']))
  assert.equal(transactions(), 1)
})
