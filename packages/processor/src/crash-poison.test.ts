import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { DLQ_TOPIC, PROCESSOR_GROUP, RAW_TOPIC } from '@sluice/contract/topics'
import { openEventLog } from '@sluice/event-log/open'
import { eventually } from '@sluice/runtime/testing/eventually'
import { createMemoryLog } from '@sluice/runtime/testing/memory-log'
import { testDatabase } from '@sluice/runtime/testing/test-database'
import { aBody, anAccepted } from './testing/records.ts'

const PROCESSOR = fileURLToPath(new URL('testing/poisoned-processor.ts', import.meta.url))

async function setUp(t: TestContext) {
  const database = await testDatabase(t)
  const { log } = createMemoryLog()
  const eventLog = await openEventLog({ engine: 'postgres', url: database.url, connections: 2 }, { log })
  t.after(() => eventLog[Symbol.asyncDispose]())
  const start = () => {
    const child = fork(PROCESSOR, [database.url])
    t.after(() => child.kill('SIGKILL'))
    return { child, exit: once(child, 'exit').then(([, signal]) => signal as string | null) }
  }
  const waiting = async () =>
    (await eventLog.lag(RAW_TOPIC, PROCESSOR_GROUP)).reduce((sum, { lag }) => sum + (lag ?? 0n), 0n)
  return { ...database, eventLog, start, waiting }
}

test('D6: a record that kills the process is set aside after its third crash in hand, its neighbours are stored', {
  timeout: 120_000,
}, async (t) => {
  const { eventLog, sql, start, waiting } = await setUp(t)
  const keys = Array.from({ length: 20 }, (_, nth) => `k${nth}`)
  const poison = anAccepted('bad', aBody({ event_id: 'poison' }))
  // One key, so that all stand in one partition, the poison in the middle.
  const records = [
    ...keys.slice(0, 10).map((key) => anAccepted(key)),
    poison,
    ...keys.slice(10).map((key) => anAccepted(key)),
  ]
  await eventLog.append(
    RAW_TOPIC,
    records.map((record) => ({ ...record, key: 'one' })),
  )

  let deaths = 0
  for (;;) {
    const { child, exit } = start()
    const drained = eventually(async () => (await waiting()) === 0n).then(
      () => 'drained' as const,
      () => 'never' as const,
    )
    const end = await Promise.race([exit, drained])
    if (end === 'SIGKILL') {
      deaths += 1
      assert.ok(deaths <= 5, 'two starts at one place, then three with the record in hand')
      continue
    }
    assert.equal(end, 'drained')
    child.disconnect()
    assert.equal(await exit, null)
    break
  }

  assert.equal(deaths, 5)
  const stored = await sql<{ key: string }>('SELECT idempotency_key AS key FROM events ORDER BY source_offset')
  assert.deepEqual(
    stored.map(({ key }) => key),
    keys,
  )
  const letters = await sql('SELECT reason, idempotency_key AS key, tenant_id AS tenant, state FROM dead_letters')
  assert.deepEqual(letters, [{ reason: 'CRASH_LOOP', key: 'bad', tenant: 'acme', state: 'open' }])
  const [announced] = await eventLog.newest(DLQ_TOPIC, 10)
  assert.deepEqual(announced?.value, Buffer.from(poison.value))
  assert.deepEqual(await sql('SELECT * FROM crash_markers'), [], 'no mark is left behind')
  assert.deepEqual(await sql('SELECT * FROM partition_starts'), [], 'and the clean end left no start behind')
})
