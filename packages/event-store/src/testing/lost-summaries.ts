import assert from 'node:assert/strict'
import { RAW_TOPIC } from '@sluice/contract/topics'
import { type Pool, withClient } from '@sluice/runtime/postgres'
import { checkBalance } from '../balance-checks.ts'

/** About ten rows a page of these: enough pages that a few looked at are not all of them. */
const ROWS = 8_000
const MINUTES = 60
const ATTEMPTS = 100

/** The minutes of the rows that `fillEvents` makes now, the newest last. */
const minutesToFill = (): { from: Date; until: Date } => {
  const running = Math.floor(Date.now() / 60_000) * 60_000
  return { from: new Date(running - MINUTES * 60_000), until: new Date(running) }
}

/** Rows of an hour in the order of their receipt, each counted. @returns pages of the table */
export async function fillEvents(pool: Pool): Promise<number> {
  const { from, until } = minutesToFill()
  await pool.query(`ALTER TABLE events SET (autovacuum_enabled = off)`)
  await pool.query(
    `INSERT INTO settled_offsets (topic, generation, partition, base, next, stored, dead_lettered, repeats)
     VALUES ($2, 'filled', 0, 0, $1, $1, 0, 0)`,
    [ROWS, RAW_TOPIC],
  )
  await pool.query(
    `INSERT INTO events (id, tenant_id, event_id, idempotency_key, event_type, schema_version, occurred_at, received_at,
                         processed_at, payload, fingerprint, source_id, source_offset)
     SELECT gen_random_uuid(), 'acme', n::text, n::text, 'order.created', 1, f.at, f.at, f.at,
            jsonb_build_object('text', repeat('x', 500)), sha256(n::text::bytea), s.id, n
     FROM settled_offsets s, generate_series(0, $1 - 1) n,
          LATERAL (SELECT $2::timestamptz + n * ($3::timestamptz - $2::timestamptz) / $1 AS at) f
     WHERE s.generation = 'filled' ORDER BY f.at`,
    [ROWS, from, until],
  )
  await pool.query(
    `INSERT INTO balance_minute (minute, tenant_id, shard, stored, dead_lettered, repeats)
     SELECT date_bin('1 minute', received_at, '2000-01-01 00:00Z'), tenant_id, 0, count(*), 0, 0 FROM events GROUP BY 1, 2`,
  )
  await pool.query('ANALYZE events')
  const { rows } = await pool.query<{ pages: number }>(
    "SELECT (pg_relation_size('events') / current_setting('block_size')::bigint)::integer AS pages",
  )
  return rows[0]?.pages ?? assert.fail()
}

/** How many pages the comparison of the newest minute looks at. */
export async function pagesOfNewestMinute(pool: Pool): Promise<number> {
  // Told by the rows: the clock may have come to another minute since they were made.
  const { rows } = await pool.query<{ from: Date }>(
    `SELECT date_bin('1 minute', max(received_at), '2000-01-01 00:00Z') AS from FROM events`,
  )
  const from = rows[0]?.from ?? assert.fail()
  const { gaps, pages } = await checkBalance(pool, { from, until: new Date(from.getTime() + 60_000) })
  assert.equal(gaps, 0)
  return pages
}

const DESUMMARIZE = `
  SELECT brin_desummarize_range('events_received', page)
  FROM generate_series(0, pg_relation_size('events') / current_setting('block_size')::bigint - 1, 32) page`

/** Breaks summarising off, as a killed server does, until the newest minute's comparison looks at more than `pages`, with every range summarised. */
export async function loseSummaries(pool: Pool, pages: number): Promise<void> {
  // Broken off at any moment of the time that it takes this machine.
  const start = performance.now()
  await pool.query(DESUMMARIZE)
  await pool.query("SELECT brin_summarize_new_values('events_received')")
  const spreadMs = Math.max(8, Math.ceil(performance.now() - start))
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    await withClient(pool, async (client) => {
      await client.query(DESUMMARIZE)
      await client.query(`SET statement_timeout = ${1 + ((attempt * 37) % spreadMs)}`)
      const isBrokenOff = await client.query("SELECT brin_summarize_new_values('events_received')").then(
        () => false,
        () => true,
      )
      await client.query('SET statement_timeout = 0')
      if (isBrokenOff) await client.query("SELECT brin_summarize_new_values('events_received')")
    })
    if ((await pagesOfNewestMinute(pool)) > pages) return
  }
  assert.fail(`summarising was not broken off in the middle of a range, ${ATTEMPTS} times`)
}
