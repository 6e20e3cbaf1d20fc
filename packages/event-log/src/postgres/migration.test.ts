import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TOPIC_PARTITIONS } from '@sluice/contract/topics'
import { logDatabase } from '#src/testing/log-database.ts'

test('the migration makes the topics of the contract with their partitions, and no other', async (t) => {
  const { sql } = await logDatabase(t)
  const rows = await sql<{ topic: string; count: number }>(
    'SELECT topic, count(*)::int AS count FROM log_partitions GROUP BY topic',
  )
  assert.deepEqual(Object.fromEntries(rows.map(({ topic, count }) => [topic, count])), TOPIC_PARTITIONS)
})
