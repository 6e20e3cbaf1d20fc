import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { RAW_TOPIC } from '@sluice/contract/topics'
import { createMemoryEventLog } from '@sluice/event-log/memory'
import type { Gate } from '@sluice/gate'
import { CALL_LIMITS } from '@sluice/gate/timing'
import { createManualClock } from '@sluice/runtime/testing/manual-clock'
import { type Acceptance, type ArrivedEvent, createAcceptEvents } from './accept-events.ts'
import { createMicroBatcher } from './micro-batcher.ts'
import { MICRO_BATCH } from './time-budget.ts'

/** What an absent gate may add to an answer, ms: reliability.md, R17. */
const MORE_MS = 500
const EVERY_MS = 10
const SENDING_MS = 2_000

/** A gate whose engine is away, and whose breaker never opens: each admit takes all the time that it has. */
const slowestGate: Pick<Gate, 'admit' | 'settle'> = {
  async admit(requests) {
    await new Promise((resolve) => setTimeout(resolve, CALL_LIMITS.admitMs))
    return requests.map(({ receiptId }) => ({ outcome: 'claimed', degraded: true, receiptId, left: 1, resetMs: 1 }))
  },
  settle: async () => {},
}

const anEvent = (key: string): ArrivedEvent => ({
  tenantId: 'tenant_a',
  idempotencyKey: key,
  partitionKey: null,
  body: Buffer.from('{}'),
  fingerprint: 'f',
  requestId: 'r',
  traceparent: null,
  limitPerMin: 1,
})

test('while every admit takes all its time each event is accepted, and 500 ms later at most', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const clock = createManualClock(0)
  const eventLog = createMemoryEventLog({ topics: { [RAW_TOPIC]: 1 } })
  const away: Acceptance = { type: 'log_unavailable', degraded: false, limit: null }
  const batcher = createMicroBatcher<ArrivedEvent, Acceptance>({
    run: createAcceptEvents({ gate: slowestGate, eventLog, clock, newToken: () => 't' }),
    ...{ expired: away, failed: () => away, clock },
    ...MICRO_BATCH,
  })
  const answers: { type: string; tookMs: number }[] = []
  for (let atMs = 0; atMs < SENDING_MS + MORE_MS; atMs += EVERY_MS) {
    if (atMs < SENDING_MS) {
      const settle = ({ type }: Acceptance) => answers.push({ type, tookMs: clock.monotonicMs() - atMs })
      batcher.submit({ item: anEvent(`k${atMs}`), bytes: 2, settle })
    }
    for (let turns = 0; turns < 5; turns += 1) await setImmediate()
    clock.advance(EVERY_MS)
    t.mock.timers.tick(EVERY_MS)
    for (let turns = 0; turns < 5; turns += 1) await setImmediate()
  }
  assert.equal(answers.length, SENDING_MS / EVERY_MS)
  assert.deepEqual(new Set(answers.map(({ type }) => type)), new Set(['accepted']))
  assert.ok(Math.max(...answers.map(({ tookMs }) => tookMs)) <= MORE_MS)
})
