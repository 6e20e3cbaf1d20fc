import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RAW_TOPIC, TOPIC_PARTITIONS } from '@sluice/contract/topics'
import { type AppendOutcome, LogUnavailableError, RecordTooLargeError } from '@sluice/event-log'
import { createMemoryEventLog } from '@sluice/event-log/memory'
import { createMemoryLog } from '@sluice/runtime/testing/memory-log'
import { withAppendWatch } from './observed-ports.ts'

const done: AppendOutcome = { type: 'done', partition: 0, offset: 0n }
const tooLarge: AppendOutcome = { type: 'refused', error: new RecordTooLargeError('too large', 1) }
const refused: AppendOutcome = { type: 'refused', error: new LogUnavailableError('appending for a test') }
const unknown: AppendOutcome = { type: 'unknown', error: new LogUnavailableError('appending for a test') }

async function watch(outcomes: AppendOutcome[]) {
  const told: boolean[] = []
  const { log, events } = createMemoryLog()
  const eventLog = Object.assign(createMemoryEventLog({ topics: { ...TOPIC_PARTITIONS } }), {
    append: async () => outcomes,
  })
  const breaker = { isOpen: () => false, record: (anyDone: boolean) => told.push(anyDone), close: () => {} }
  const watched = withAppendWatch(eventLog, { appended: () => {} }, breaker, log)
  assert.equal(await watched.append(RAW_TOPIC, []), outcomes)
  return { told, events: events() }
}

describe('watching appends', () => {
  const cases: [string, AppendOutcome[], boolean[]][] = [
    ['one record done among others', [unknown, done, tooLarge], [true]],
    ['all refused', [refused], [false]],
    ['all unknown', [unknown], [false]],
    ['one refused, the others too large', [tooLarge, refused], [false]],
    ['all too large, which says nothing of the log', [tooLarge], []],
  ]
  for (const [name, outcomes, told] of cases)
    it(`tells the breaker ${JSON.stringify(told)} of ${name}`, async () => {
      const seen = await watch(outcomes)
      assert.deepEqual([seen.told, seen.events], [told, ['append.failed']])
    })

  it('writes no line of what went well', async () => {
    assert.deepEqual((await watch([done])).events, [])
  })
})
