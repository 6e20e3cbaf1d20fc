import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { Clock } from '@sluice/runtime/clock'
import { closePool } from '@sluice/runtime/postgres'
import { eventually } from '@sluice/runtime/testing/eventually'
import { createManualClock } from '@sluice/runtime/testing/manual-clock'
import {
  anAccepted,
  anAdmitRequest,
  aRetryOf,
  outcomesOf,
  PATIENT,
  START_MS,
  WINDOW_MS,
} from './contract/fixture.contract.ts'
import { claimKey } from './postgres/items.ts'
import { createPostgresGate } from './postgres-gate.ts'
import { gateDatabases, patientGatePool } from './testing/gate-databases.ts'

const silent = { info: () => {}, warn: () => {} }
const databases = gateDatabases()

async function aGate(t: TestContext, { clock, windowMs = WINDOW_MS }: { clock?: Clock; windowMs?: number } = {}) {
  const database = await databases.take()
  const pool = patientGatePool(database.url)
  const given = clock === undefined ? {} : { clock }
  const gate = createPostgresGate({ pool, windowMs, limits: PATIENT, log: silent, ...given })
  t.after(async () => {
    await gate[Symbol.asyncDispose]()
    await closePool(pool)
    databases.release(database, t)
  })
  return { gate, pool, sql: database.sql }
}

const thousand = (known: object = {}) =>
  Array.from({ length: 1_000 }, () => anAdmitRequest({ limitPerMin: 5_000, ...known }))

describe('the gate on PostgreSQL', () => {
  it('goes by the clock of PostgreSQL when no test gives another', async (t) => {
    const { gate, sql } = await aGate(t)
    const { tenantId, idempotencyKey } = await anAccepted(gate)
    const [row] = await sql<{ near: boolean }>(
      'SELECT abs(extract(epoch FROM expires_at - clock_timestamp()) - 1800) < 60 AS near FROM gate_claims WHERE key = $1',
      [claimKey(tenantId, idempotencyKey)],
    )
    assert.equal(row?.near, true)
  })

  it('answers simple claims with one row a tenant', async (t) => {
    const { sql } = await aGate(t)
    const rows = await sql("SELECT * FROM gate_admit('{a,b}', '{2,1}', '{9,9,9}', $1, $2, $1, $1, 6000, 1800000)", [
      thousand()
        .slice(0, 3)
        .map(({ token }) => token),
      Array(3).fill('00'.repeat(32)),
    ])
    assert.deepEqual(
      rows.map(({ outcome, place, used }) => ({ outcome, place, used })),
      [
        { outcome: null, place: 1, used: 0 },
        { outcome: null, place: 2, used: 0 },
      ],
    )
  })

  it('keeps claims and limits unlogged, and counts logged', async (t) => {
    const { sql } = await aGate(t)
    const rows = await sql<{ relname: string; relpersistence: string }>(
      "SELECT relname, relpersistence FROM pg_class WHERE relkind = 'r' AND relname LIKE 'gate\\_%' ORDER BY 1",
    )
    assert.deepEqual(Object.fromEntries(rows.map(({ relname, relpersistence }) => [relname, relpersistence])), {
      gate_claims: 'u',
      gate_counts: 'p',
      gate_counts_since: 'p',
      gate_limits: 'u',
      gate_sweep_position: 'u',
    })
  })

  it('has connections that do not wait for the disk and do not scan, whatever the defaults of the database', async (t) => {
    const { pool } = await aGate(t)
    const shown = ['synchronous_commit', 'enable_seqscan', 'lock_timeout', 'transaction_isolation']
    const { rows } = await pool.query('SELECT current_setting(name) AS value FROM unnest($1::text[]) name', [shown])
    assert.deepEqual(
      rows.map(({ value }) => value),
      ['off', 'off', '200ms', 'read committed'],
    )
  })

  it('asks once to admit 1,000 requests of many tenants, and not at all to end them before the next ones', async (t) => {
    const database = await databases.take()
    const pool = patientGatePool(database.url)
    const asked: string[] = []
    pool.on('connect', (client) => {
      const query = client.query.bind(client) as (...args: unknown[]) => unknown
      const spy = (config: { name?: string }, ...rest: unknown[]) => {
        asked.push(config.name ?? 'unnamed')
        return query(config, ...rest)
      }
      Object.assign(client, { query: spy })
    })
    const gate = createPostgresGate({ pool, windowMs: WINDOW_MS, limits: PATIENT, rideMs: 60_000, log: silent })
    t.after(async () => {
      await gate[Symbol.asyncDispose]()
      await closePool(pool)
      databases.release(database, t)
    })
    const requests = thousand().map((request, nth) => ({ ...request, tenantId: `tenant_${nth % 40}` }))
    const verdicts = await gate.admit(requests)
    assert.ok(verdicts.every(({ outcome, degraded }) => outcome === 'claimed' && !degraded))
    await gate.settle(requests.map((request) => ({ ...request, outcome: 'done' })))
    assert.deepEqual(new Set(outcomesOf(await gate.admit(requests.map(aRetryOf)))), new Set(['duplicate']))
    assert.deepEqual(
      asked.filter((name) => name !== 'gate_sweep'),
      ['gate_admit', 'gate_end_and_admit'],
    )
  })

  it("keeps a tenant's row of the limit on a few pages, update after update", async (t) => {
    const { gate, sql } = await aGate(t)
    for (let i = 0; i < 1_000; i++) await gate.admit([anAdmitRequest()])
    const [row] = await sql<{ pages: string }>("SELECT pg_relation_size('gate_limits') / 8192 AS pages")
    // About 75 without reuse. One, unless somebody else's snapshot holds old versions back for a moment.
    assert.ok(Number(row?.pages) < 60, `${row?.pages} pages`)
  })
})

describe('sweep', () => {
  it('removes what is over a few blocks at a step, all of it in a round, and leaves the rest', async (t) => {
    const database = await databases.take()
    t.after(() => databases.release(database, t))
    const { sql } = database
    // Every tenth is not over yet.
    await sql(
      `INSERT INTO gate_claims SELECT gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), now(),
         now() + CASE WHEN n % 10 = 0 THEN interval '1 hour' ELSE interval '-1 second' END, 'done', true, '\\x00'
       FROM generate_series(1, 3000) n`,
    )
    const count = async () => Number((await sql('SELECT count(*) AS n FROM gate_claims'))[0]?.n)
    const blocks = Number((await sql("SELECT pg_relation_size('gate_claims') / 8192 AS n"))[0]?.n)
    const left = [3_000]
    for (let block = 0; block < blocks; block += 10) {
      await sql('SELECT gate_sweep(10, 300000)')
      await sql("UPDATE gate_sweep_position SET due_at = '-infinity'")
      left.push(await count())
    }
    assert.ok(left.length > 3)
    for (const [nth, after] of left.slice(1).entries()) assert.ok(after < (left[nth] ?? 0), `step ${nth + 1}`)
    assert.equal(left.at(-1), 300)
    // The next round begins at the first block, where a new claim may stand by now.
    await sql("UPDATE gate_claims SET expires_at = '-infinity'")
    for (let block = 0; block < blocks; block += 10) {
      await sql('SELECT gate_sweep(10, 300000)')
      await sql("UPDATE gate_sweep_position SET due_at = '-infinity'")
    }
    assert.equal(await count(), 0)
  })

  it('runs by itself as long as the gate is open', async (t) => {
    const clock = createManualClock(START_MS)
    const { gate, sql } = await aGate(t, { clock })
    await anAccepted(gate)
    clock.advance(WINDOW_MS)
    await eventually(async () => (await sql('SELECT FROM gate_claims')).length === 0)
  })

  it('removes counts older than a day', async (t) => {
    const clock = createManualClock(START_MS)
    const { gate, sql } = await aGate(t, { clock })
    await anAccepted(gate)
    clock.advance(24 * 3_600_000)
    await anAccepted(gate)
    await eventually(async () => (await sql('SELECT FROM gate_counts')).length === 1)
  })

  it('is done by one process at a time, and the others do not wait', async (t) => {
    const { pool, sql } = await aGate(t)
    await eventually(async () => (await sql('SELECT FROM gate_sweep_position')).length === 1)
    const holder = await pool.connect()
    try {
      await holder.query('BEGIN')
      await holder.query('SELECT FROM gate_sweep_position FOR UPDATE')
      const before = await sql('SELECT next_block, due_at FROM gate_sweep_position')
      const [step] = await sql<{ pause_ms: number }>('SELECT gate_sweep(64, 300000) AS pause_ms')
      assert.ok(step !== undefined && step.pause_ms > 0)
      assert.deepEqual(await sql('SELECT next_block, due_at FROM gate_sweep_position'), before)
    } finally {
      await holder.query('ROLLBACK')
      holder.release()
    }
  })

  it('steps over a claim that somebody holds', async (t) => {
    const clock = createManualClock(START_MS)
    const { gate, pool, sql } = await aGate(t, { clock })
    const held = await anAccepted(gate, { idempotencyKey: 'held' })
    await anAccepted(gate)
    const holder = await pool.connect()
    try {
      // Held for as long as the sweep takes to come by.
      await holder.query('BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0')
      await holder.query('SELECT FROM gate_claims WHERE key = $1 FOR UPDATE', [claimKey(held.tenantId, 'held')])
      clock.advance(WINDOW_MS)
      await eventually(async () => (await sql('SELECT FROM gate_claims')).length === 1)
    } finally {
      await holder.query('ROLLBACK')
      holder.release()
    }
  })
})
