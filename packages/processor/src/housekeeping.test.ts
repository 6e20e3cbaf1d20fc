import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { createEventStore } from '@sluice/event-store/settle-batch'
import { eventually } from '@sluice/runtime/testing/eventually'
import { createMemoryLog } from '@sluice/runtime/testing/memory-log'
import { testDatabase } from '@sluice/runtime/testing/test-database'
import { keepHouse } from './housekeeping.ts'
import { aBody, aJudgedBatch, aLogRecord, anAccepted } from './testing/records.ts'

const DAY_MS = 86_400_000

async function setUp(t: TestContext) {
  const database = await testDatabase(t)
  const store = createEventStore({ pool: database.pool, shard: 0 })
  const memory = createMemoryLog()
  const deleted: Record<string, number> = {}
  const swept = { count: 0 }
  const oldRecords = { left: 0 }
  const start = () => {
    const stopping = new AbortController()
    const done = keepHouse({
      pool: database.pool,
      shard: 0,
      retention: { eventsMs: 30 * DAY_MS, deadLettersMs: 14 * DAY_MS, auditMs: 365 * DAY_MS },
      oldRecords: [
        async () => {
          const deleted = Math.min(oldRecords.left, 10)
          oldRecords.left -= deleted
          return { deleted, more: deleted === 10 }
        },
      ],
      counts: {
        deleted(rows) {
          for (const [table, count] of Object.entries(rows)) deleted[table] = (deleted[table] ?? 0) + count
        },
        swept: (count) => {
          swept.count += count
        },
      },
      log: memory.log,
      stopping: stopping.signal,
      everyMs: 10,
    })
    const stop = async () => {
      stopping.abort()
      await done
    }
    t.after(stop)
    return stop
  }
  const settle = (...bodies: Buffer[]) =>
    store.settle(
      aJudgedBatch(bodies.map((body, offset) => aLogRecord(anAccepted(`k${offset}`, body).value, { offset }))),
    )
  return { ...database, memory, deleted, swept, oldRecords, start, settle }
}

test('old rows go and dead letters with a row are closed, counted and said', async (t) => {
  const { sql, settle, start, deleted, swept, oldRecords, memory } = await setUp(t)
  oldRecords.left = 25
  await settle(aBody({ event_id: 'old' }), aBody({ event_type: undefined }), aBody({ event_id: 'young' }))
  await sql(`UPDATE events SET processed_at = now() - interval '31 days' WHERE event_id = 'old'`)
  await sql(`UPDATE events e SET idempotency_key = 'k1', fingerprint = d.fingerprint FROM dead_letters d
    WHERE e.event_id = 'young'`)
  const stop = start()
  await eventually(() => deleted.events === 1 && swept.count === 1)
  await stop()
  assert.equal(deleted.log_records, 25)
  assert.deepEqual(await sql('SELECT event_id FROM events'), [{ event_id: 'young' }])
  assert.deepEqual(await sql('SELECT state FROM dead_letters'), [{ state: 'redriven' }])
  assert.deepEqual(memory.events(), ['rows.expired', 'dead_letters.swept'])
})

test('what fails is said once, tried again, and keeps nobody from stopping', async (t) => {
  const { sql, start, memory, deleted, settle } = await setUp(t)
  await settle(aBody({ event_id: 'old' }))
  await sql(`UPDATE events SET processed_at = now() - interval '31 days'`)
  await sql('ALTER TABLE events RENAME COLUMN processed_at TO elsewhere')
  const stop = start()
  await eventually(() => memory.events().length > 0)
  await sql('ALTER TABLE events RENAME COLUMN elsewhere TO processed_at')
  await eventually(() => deleted.events === 1)
  await stop()
  assert.deepEqual(memory.events(), ['housekeeping.failed', 'rows.expired'])
})
