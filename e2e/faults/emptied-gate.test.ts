import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import { openStack, STACKS } from '../open-stack.ts'
import { eventText, sendPatiently, sendRepeat, sendThroughGate } from '../send.ts'
import type { Stack } from '../stack.ts'
import { expectLedger } from './expect-ledger.ts'

const KEYS = Array.from({ length: 20 }, (_, nth) => `k${nth}`)

for (const kind of STACKS)
  test(`${kind}: R20: keys that the gate forgot store nothing twice; another body under one is a conflict`, {
    timeout: 600_000,
  }, async (t) => {
    const stack = await openStack(t, kind, { RATE_LIMIT_PER_MIN: '1000000' })
    // The load repeats itself and contradicts itself all the time, also across the moment at which the gate forgets.
    const traffic = ['--duplicate-rate', '0.3', '--conflict-rate', '0.1']
    await expectLedger(t, stack, () => forgetAndRepeat(stack), { traffic })
  })

/** Sends each key, lets the gate forget them, and sends each again: every second one with another body. */
async function forgetAndRepeat(stack: Stack): Promise<void> {
  const post = (key: string, body: string) => sendPatiently(stack.ingestUrl, body, { key })
  const rowsOf = <Row extends object>(columns: string, table: string) =>
    stack.sql<Row>(`SELECT ${columns} FROM ${table} WHERE idempotency_key = ANY($1)`, [KEYS])
  const count = async (table: 'events' | 'dead_letters') =>
    (await rowsOf<{ n: number }>('count(*)::int AS n', table))[0]?.n
  const receipts = new Map<string, unknown>()
  for (const key of KEYS) receipts.set(key, (await post(key, eventText(key))).body.receipt_id)
  await eventually(async () => (await count('events')) === KEYS.length)
  // A gate that knows this one, taken in last, has no end of a claim on its way that it would know again once emptied.
  await sendThroughGate(stack.ingestUrl, eventText('last'), { key: 'last' })
  assert.equal((await sendRepeat(stack.ingestUrl, eventText('last'), { key: 'last' })).body.duplicate, true)

  await stack.forgetKeys()
  for (const [nth, key] of KEYS.entries()) {
    const isOther = nth % 2 === 1
    const { status, body } = await post(key, eventText(key, isOther ? '{"total":2}' : undefined))
    assert.deepEqual([status, body.duplicate], [202, false], 'the gate cannot know it')
    assert.notEqual(body.receipt_id, receipts.get(key))
  }
  await eventually(async () => (await count('dead_letters')) === KEYS.length / 2)
  const letters = await rowsOf('DISTINCT reason, state', 'dead_letters')
  assert.deepEqual(letters, [{ reason: 'IDEMPOTENCY_CONFLICT', state: 'open' }])
  assert.equal(await count('events'), KEYS.length)
  const rows = await rowsOf<{ id: string; key: string; payload: string }>(
    'id, idempotency_key AS key, payload::text',
    'events',
  )
  for (const { id, key, payload } of rows)
    assert.deepEqual([id, payload], [receipts.get(key), '{"total": 1.10}'], 'the first one stands')
  const [aliases] = await stack.sql<{ n: number }>(
    'SELECT count(*)::int AS n FROM receipt_aliases WHERE stands_for = ANY($1::uuid[])',
    [[...receipts.values()]],
  )
  assert.equal(aliases?.n, KEYS.length / 2, 'each receipt of a repeat leads to the first')
}
