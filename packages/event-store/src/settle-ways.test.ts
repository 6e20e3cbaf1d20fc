import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { newReceiptId } from '@sluice/contract/identifiers'
import { createSeededRandom, type SeededRandom, testSeed } from '@sluice/runtime/testing/seeded-random'
import { type TestDatabase, testDatabase } from '@sluice/runtime/testing/test-database'
import type { SettleBatch, SettleRecord } from './event-store.ts'
import { prepareBatch } from './prepare-batch.ts'
import { createEventStore, SETTLE } from './settle-batch.ts'
import { aBatch, anUnreadableRecord, aRecord, repeatOf } from './testing/settle-records.ts'

type Way = { name: string; database: TestDatabase; settle(batch: SettleBatch): Promise<void> }

/** Every batch is taken for fresh, as by a processor that has just started. */
async function asFresh(t: TestContext): Promise<Way> {
  const database = await testDatabase(t)
  const settle = async (batch: SettleBatch) => {
    await createEventStore({ pool: database.pool, shard: 1 }).settle(batch)
  }
  return { name: 'as fresh', database, settle }
}

/** Every batch is stored with a look at each row, as after a repeat. */
async function withCare(t: TestContext): Promise<Way> {
  const database = await testDatabase(t)
  const settle = async (batch: SettleBatch) => {
    await database.pool.query({ ...SETTLE, values: prepareBatch(batch, 1, false).values })
  }
  return { name: 'with care', database, settle }
}

const PARTITIONS = [0, 1, 2]
const TENANTS = ['acme', 'other', 'third']
const TYPES = ['order.created', 'invoice.paid', '']

/** Traffic with few keys, so that repeats, twins, conflicts and mended dead letters are frequent. */
function createTraffic(random: SeededRandom) {
  const nextOf = new Map(PARTITIONS.map((partition) => [partition, 0]))
  const sent: SettleRecord[] = []
  const aNewRecord = (): SettleRecord => {
    const partition = random.pick(PARTITIONS)
    const offset = nextOf.get(partition) ?? 0
    nextOf.set(partition, offset + 1)
    if (random.once(20)) return anUnreadableRecord(offset, `garbage ${offset}`, partition)
    const earlier = random.once(6) && sent.length > 0 ? random.pick(sent) : null
    if (earlier !== null && earlier.head !== null) {
      const receipt = random.once(3) ? earlier.head.receiptId : newReceiptId(Date.now())
      return { ...repeatOf(earlier, offset, receipt), partition }
    }
    const record = aRecord({
      partition,
      offset,
      tenant: random.pick(TENANTS),
      key: random.once(3) ? `key-${random.below(30)}` : `key-${partition}-${offset}`,
      eventType: random.once(12) ? '' : random.pick(TYPES.slice(0, 2)),
      payload: `{"n":${random.below(2)}}`,
      extra: random.once(5) ? ',"trace":"x"' : '',
      receivedAt: new Date(Date.now() - random.below(200_000)).toISOString(),
    })
    return record
  }
  return {
    /** One batch; now and then it begins with what was settled before, as after a rebalance. */
    nextBatch(): SettleRecord[] {
      const fresh = Array.from({ length: 1 + random.below(12) }, aNewRecord)
      const again = random.once(5) ? sent.slice(-random.below(6)) : []
      sent.push(...fresh)
      return [...again, ...fresh]
    },
    /** The record of a dead letter appended again, mended or not. */
    redriveOf(letter: { key: string; tenant: string; id: string; attempts: number }, isMended: boolean): SettleRecord {
      const partition = random.pick(PARTITIONS)
      const offset = nextOf.get(partition) ?? 0
      nextOf.set(partition, offset + 1)
      return aRecord({
        partition,
        offset,
        tenant: letter.tenant,
        key: letter.key,
        eventType: isMended ? 'order.created' : '',
        redrive: { deadLetterId: letter.id, attempt: letter.attempts },
      })
    },
  }
}

type Letter = { id: string; key: string; tenant: string; attempts: number; receipt: string }

const openLetters = ({ sql }: TestDatabase) =>
  sql<Letter>(`SELECT id, idempotency_key AS key, tenant_id AS tenant, attempts, receipt_id AS receipt FROM dead_letters
    WHERE state = 'open' AND tenant_id IS NOT NULL ORDER BY receipt_id, fingerprint`)

/** All that settling writes, without the moments and ids that differ from run to run. */
async function contentsOf({ sql }: TestDatabase) {
  return {
    events: await sql(`SELECT to_jsonb(e) - 'processed_at' - 'source_id' AS event, s.partition FROM events e
      JOIN settled_offsets s ON s.id = source_id ORDER BY e.id`),
    letters:
      await sql(`SELECT state, reason, detail, pointer, stage, encode(original, 'hex') AS original, attempts, tenant_id,
      receipt_id, idempotency_key, encode(fingerprint, 'hex') AS fingerprint, received_at, event_id, event_type, partition,
      source_offset::text, (SELECT array_agg(h.what ORDER BY h.at, h.what) FROM dead_letter_history h WHERE dead_letter_id = d.id) AS history
      FROM dead_letters d JOIN settled_offsets s ON s.id = source_id ORDER BY partition, source_offset`),
    aliases: await sql('SELECT receipt_id, stands_for, tenant_id FROM receipt_aliases ORDER BY 1'),
    positions: await sql(
      'SELECT partition, base, next, stored, dead_lettered, repeats FROM settled_offsets ORDER BY 1',
    ),
    balance: await sql(`SELECT minute, tenant_id, stored, dead_lettered, repeats FROM balance_minute
      WHERE tenant_id <> '' ORDER BY 1, 2`),
    unreadable: await sql(`SELECT sum(dead_lettered) AS n FROM balance_minute WHERE tenant_id = ''`),
    minutes: await rollupOf('rollup_minute'),
    tenSeconds: await rollupOf('rollup_10s'),
  }
  function rollupOf(table: string) {
    return sql(`SELECT tenant_id, event_type, sum(stored) AS stored, sum(dead_lettered) AS dead, sum(repeats) AS repeats,
      sum((SELECT sum(n) FROM unnest(latency) n)) AS latencies FROM ${table} GROUP BY 1, 2 ORDER BY 1, 2`)
  }
}

/** Counters against rows: nothing was deleted, so they agree to the last one. */
async function recount({ sql }: TestDatabase) {
  assert.deepEqual(
    await sql(`SELECT partition FROM settled_offsets WHERE next - base <> stored + dead_lettered + repeats`),
    [],
    'every position is accounted for',
  )
  assert.deepEqual(
    await sql(`SELECT tenant_id, event_type, sum(stored)::int AS n, sum((SELECT sum(x) FROM unnest(latency) x))::int AS latencies
      FROM rollup_minute GROUP BY 1, 2 HAVING sum(stored) > 0 ORDER BY 1, 2`),
    await sql(
      'SELECT tenant_id, event_type, count(*)::int AS n, count(*)::int AS latencies FROM events GROUP BY 1, 2 ORDER BY 1, 2',
    ),
    'rollups hold each row once, with its latency',
  )
  const [gaps] = await sql(
    `SELECT check_balance(date_bin('1 minute', now(), '2000-01-01Z') - interval '1 hour', now() + interval '1 minute')::int AS n`,
  )
  assert.deepEqual(gaps, { n: 0 }, 'the balance agrees with the rows')
}

test('a batch taken for fresh and one stored with care write the same rows and counters', async (t) => {
  const seed = testSeed()
  t.diagnostic(`SLUICE_TEST_SEED=${seed} repeats this run`)
  const random = createSeededRandom(seed)
  const traffic = createTraffic(random)
  const ways = [await asFresh(t), await withCare(t)]
  for (let step = 0; step < 60; step++) {
    if (random.once(4)) {
      const [here = [], there = []] = await Promise.all(ways.map(({ database }) => openLetters(database)))
      const nth = random.below(Math.max(1, here.length))
      const [first, second] = [here[nth], there[nth]]
      assert.equal(first?.receipt, second?.receipt)
      if (first !== undefined && second !== undefined) {
        // Each database has given the dead letter an id of its own.
        const record = traffic.redriveOf(first, random.once(2))
        const same = { ...record, redrive: { deadLetterId: second.id, attempt: second.attempts } } as SettleRecord
        const neighbours = traffic.nextBatch()
        for (const [way, letter, redriven] of [
          [ways[0], first, record],
          [ways[1], second, same],
        ] as const) {
          await way?.database.sql(`UPDATE dead_letters SET state = 'redriving' WHERE id = $1`, [letter.id])
          await way?.settle(aBatch(redriven, ...neighbours))
        }
        continue
      }
    }
    const batch = aBatch(...traffic.nextBatch())
    for (const way of ways) await way.settle(batch)
  }
  const [fresh, careful] = await Promise.all(ways.map(({ database }) => contentsOf(database)))
  assert.deepEqual(fresh, careful)
  for (const { database } of ways) await recount(database)
})
