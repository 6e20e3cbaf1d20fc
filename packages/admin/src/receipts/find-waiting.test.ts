import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newReceiptId } from '@sluice/contract/identifiers'
import { RAW_TOPIC } from '@sluice/contract/topics'
import { createMemoryEventLog } from '@sluice/event-log/memory'
import { appendAccepted } from '../testing/test-admin.ts'
import { findWaiting } from './find-waiting.ts'

const HOUR_MS = 3_600_000

async function tailOf(records: number) {
  const eventLog = createMemoryEventLog({ topics: { [RAW_TOPIC]: 2 } })
  const filler = { key: 'acme:1', value: Buffer.from('{}'), headers: {} }
  for (let left = records; left > 0; left -= 1_000)
    await eventLog.append(RAW_TOPIC, Array(Math.min(left, 1_000)).fill(filler))
  return eventLog
}

test('looks at 20,000 waiting records and finds the last of them', async () => {
  const eventLog = await tailOf(19_999)
  const receipt = await appendAccepted(eventLog)
  const answer = await findWaiting(eventLog, receipt)
  assert.deepEqual([answer.state, answer.certain, answer.record?.offset], ['waiting', true, 19_999n])
})

test('of a longer tail only times are compared, and the answer says that it is not certain', async () => {
  const eventLog = await tailOf(20_001)
  const answer = async (receiptId: string) => {
    const { state, certain, record, oldestWaitingAt } = await findWaiting(eventLog, receiptId)
    assert.ok(oldestWaitingAt !== null)
    return { state, certain, record }
  }
  // Oldest first: receipts of one process never go back in time.
  const earlier = '00000000-0000-7000-8000-000000000000'
  assert.deepEqual(await answer(earlier), { state: 'unknown', certain: false, record: null })
  assert.deepEqual(await answer(newReceiptId(Date.now() + HOUR_MS)), { state: 'waiting', certain: false, record: null })
})
