import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from '@sluice/runtime/metrics'
import { judgeRecord } from './judge.ts'
import { createProcessorMetrics } from './processor-metrics.ts'
import { aBody, aLogRecord, anAccepted } from './testing/records.ts'

test('the time from acceptance to the row is that of events stored for the first time', async () => {
  const metrics = createMetrics({ process: 'processor', version: { version: '0.0.0', commit: null } })
  const record = judgeRecord(aLogRecord(anAccepted('k', aBody()).value))
  assert.ok(record.type === 'event')
  const receivedMs = Date.parse(record.head.receivedAt)
  const counts = createProcessorMetrics(metrics, { now: () => receivedMs + 1_500 })
  counts.settled(
    [
      { record, outcome: { type: 'stored' } },
      { record, outcome: { type: 'repeat' } },
    ],
    0.01,
  )
  const text = await metrics.text({ tenants: false })
  assert.match(text, /^sluice_end_to_end_seconds_bucket\{le="1",process="processor"\} 0$/m)
  assert.match(text, /^sluice_end_to_end_seconds_bucket\{le="2",process="processor"\} 1$/m)
  assert.match(text, /^sluice_end_to_end_seconds_sum\{process="processor"\} 1.5$/m)
})
