import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeEnvelope } from '@sluice/contract/envelope'
import { newReceiptId } from '@sluice/contract/identifiers'
import { PROCESSOR_GROUP, RAW_TOPIC } from '@sluice/contract/topics'
import type { EventLog } from '@sluice/event-log'
import { createMemoryEventLog } from '@sluice/event-log/memory'
import { createManualClock } from '@sluice/runtime/testing/manual-clock'
import { logIsAway, openTestAdmin } from '../testing/test-admin.ts'
import { createBacklog } from './backlog.ts'
import { createLagMonitor } from './lag-monitor.ts'

const BODY = Buffer.from('{}')

function envelopeOf(tenantId: string): Buffer {
  const head = {
    receiptId: newReceiptId(Date.now()),
    tenantId,
    idempotencyKey: 'k',
    fingerprint: 'a'.repeat(64),
    requestId: 'r',
    receivedAt: new Date().toISOString(),
  }
  return encodeEnvelope(head, BODY)
}

function aBacklog(partitions = 2) {
  const eventLog = createMemoryEventLog({ topics: { [RAW_TOPIC]: partitions } })
  const clock = createManualClock(Date.now())
  const lag = createLagMonitor(eventLog, clock)
  return { eventLog, clock, lag, read: createBacklog({ eventLog, lag, clock }) }
}

async function append(eventLog: EventLog, key: string, values: readonly Buffer[]): Promise<void> {
  for (let from = 0; from < values.length; from += 1_000)
    await eventLog.append(
      RAW_TOPIC,
      values.slice(from, from + 1_000).map((value) => ({ key, value, headers: {} })),
    )
}

const repeated = (tenantId: string, times: number): Buffer[] => Array(times).fill(envelopeOf(tenantId))

test('a small backlog is counted exactly, whoever’s it is, unreadable records too', async () => {
  const { eventLog, read } = aBacklog()
  await append(eventLog, 'x', [...repeated('acme', 6), ...repeated('umbrella', 3), Buffer.from('garbage')])
  const { data, sampled, total_waiting, looked_at } = await read()
  assert.deepEqual([sampled, total_waiting, looked_at], [false, 10, 10])
  assert.deepEqual(
    data?.map(({ tenant_id, waiting, share, empty_in_seconds }) => [tenant_id, waiting, share, empty_in_seconds]),
    [
      ['acme', 6, 0.6, null],
      ['umbrella', 3, 0.3, null],
      [null, 1, 0.1, null],
    ],
  )
  assert.ok(
    data?.every(({ oldest_waiting_at, behind_seconds }) => oldest_waiting_at !== null && behind_seconds !== null),
  )
})

test('a large one is sampled, and says so', async () => {
  const { eventLog, read } = aBacklog()
  await append(eventLog, 'x', [...repeated('acme', 22_500), ...repeated('umbrella', 7_500)])
  const { data, sampled, total_waiting, looked_at } = await read()
  assert.deepEqual([sampled, total_waiting, looked_at], [true, 30_000, 4_000])
  assert.deepEqual(
    data?.map(({ tenant_id, waiting }) => [tenant_id, waiting]),
    [
      ['acme', 22_500],
      ['umbrella', 7_500],
    ],
  )
})

test('the time until a tenant’s last record is settled follows from the rate of its partition', async () => {
  const { eventLog, clock, lag, read } = aBacklog(1)
  await append(eventLog, 'x', repeated('acme', 60))
  await append(eventLog, 'x', repeated('umbrella', 60))
  await lag.read()
  await using consumer = await eventLog.consume({
    topic: RAW_TOPIC,
    group: PROCESSOR_GROUP,
    maxRecords: 20,
    maxBytes: 1_000_000,
    maxWaitMs: 5,
  })
  await (await consumer.next())?.commit()
  clock.advance(10_000)
  const { data } = await read()
  // 20 in 10 s: 40 of acme come first, then 60 of umbrella.
  assert.deepEqual(
    data?.map(({ tenant_id, waiting, empty_in_seconds }) => [tenant_id, waiting, empty_in_seconds]),
    [
      ['umbrella', 60, 50],
      ['acme', 40, 20],
    ],
  )
})

test('one look serves everybody within two seconds', async () => {
  const { eventLog, clock, read } = aBacklog()
  await append(eventLog, 'x', repeated('acme', 1))
  const [one, other] = await Promise.all([read(), read()])
  assert.equal(one, other)
  await append(eventLog, 'x', repeated('acme', 1))
  assert.equal((await read()).total_waiting, 1)
  clock.advance(2_001)
  assert.equal((await read()).total_waiting, 2)
})

test('while the log is away the backlog is unknown, with the reason', async (t) => {
  const { get } = await openTestAdmin(t, { eventLog: logIsAway })
  const { status, body } = await get('/admin/backlog')
  assert.deepEqual([status, body.data, body.total_waiting, body.reason], [200, null, null, 'The log does not answer.'])
})
