import assert from 'node:assert/strict'
import { test } from 'node:test'
import { delay } from '@sluice/runtime/backoff'
import { eventually } from '@sluice/runtime/testing/eventually'
import { openStack, type PartName, type Stack } from '../stack.ts'
import { runLoad, takeAccount } from './ledger.ts'

/** A printed seed chooses order and moments; SLUICE_TEST_SEED repeats them. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    // Marsaglia's xorshift32.
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

async function waitingRecords({ adminUrl }: Stack): Promise<number | null> {
  const response = await fetch(`${adminUrl}/admin/kafka/lag`)
  return ((await response.json()) as { total_lag: number | null }).total_lag
}

test('R1 R6 R11: kill -9 of ingest, processor and PostgreSQL, three times each, loses and doubles nothing', {
  timeout: 150_000,
}, async (t) => {
  const seed = Number(process.env.SLUICE_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31) + 1)
  const random = seeded(seed)
  const stack = await openStack(t, { RATE_LIMIT_PER_MIN: '1000000' })
  const ending = new AbortController()
  const load = runLoad(t, stack, 200, ending.signal)

  const victims: PartName[] = [
    'ingest',
    'processor',
    'postgres',
    'ingest',
    'processor',
    'postgres',
    'ingest',
    'processor',
    'postgres',
  ]
  const order = victims.map((name) => ({ name, at: random() })).sort((a, b) => a.at - b.at)
  for (const { name } of order) {
    // The moment within the traffic is what is random here; nothing is waited for.
    await delay(300 + random() * 1_000)
    const killed = await stack.pidOf(name)
    process.kill(killed, 'SIGKILL')
    // Only until it was started again: the next fault may meet a part that is still coming up.
    await eventually(async () => (await stack.pidOf(name)) !== killed, {
      timeoutMs: 30_000,
      pauseMs: 200, // each look is a process of its own
      message: `${name} started again after it was killed`,
    })
  }
  ending.abort()
  const entries = await load
  await eventually(async () => (await waitingRecords(stack)) === 0, {
    timeoutMs: 60_000,
    message: 'the log being empty',
  })

  const account = await takeAccount(stack, entries)
  t.diagnostic(`seed ${seed}: ${JSON.stringify(account)}`)
  const { sent, accepted, ...mustBeZero } = account
  assert.ok(sent > 1_000 && accepted === sent, `${accepted} of ${sent} accepted`)
  assert.deepEqual(mustBeZero, { lost: 0, double: 0, both: 0, wrongPlace: 0, ghost: 0, receiptLost: 0, altered: 0 })
})
