import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { WrongNumber } from '@sluice/loadgen/verify/findings'
import { eventually } from '@sluice/runtime/testing/eventually'
import pg from 'pg'
import { openPlatform, type Platform, type Verified } from './sabotaged-platform.ts'

const MIX = ['--rps', '150', '--duration', '2s', '--duplicate-rate', '0.1', '--bad-rate', '0.05']
/** Every one of these numbers is raised, and the verdict is "wrong". */
function assertCaught({ status, numbers, table }: Verified, ...expected: WrongNumber[]): void {
  assert.equal(status, 1, table)
  for (const number of expected) assert.ok((numbers[number] ?? 0) > 0, `${number} of ${JSON.stringify(numbers)}`)
}

describe('a verifier that has teeth', { concurrency: 2 }, () => {
  test('catches a processor that commits before it stores', async (t) => {
    const platform = await openPlatform(t, { processor: 'processor-commits-on-receipt' })
    await Promise.all([platform.load(...MIX), platform.restartKilledProcessor()])
    assertCaught(await platform.verify(), 'lost', 'receiptLost')
    assertCaught(await platform.deepVerify(), 'lost', 'aheadCommit')
  })

  test('catches a store without a unique key', async (t) => {
    const platform = await openPlatform(t, { processor: 'processor-doubles-rows' })
    await Promise.all([platform.load(...MIX), platform.restartKilledProcessor()])
    assertCaught(await platform.verify(), 'dupRows')
    assertCaught(await platform.deepVerify(), 'dupRows', 'unbalanced')
  })

  test('catches a processor that blames the records for an outage', async (t) => {
    const platform = await openPlatform(t, { processor: 'processor-blames-records' })
    const load = platform.load(...MIX)
    await breakStore(platform)
    await load
    assertCaught(await platform.verify(), 'wrongPlace')
    assertCaught(await platform.deepVerify(), 'wrongPlace')
  })

  test('catches a processor that writes payloads out again', async (t) => {
    const platform = await openPlatform(t, { processor: 'processor-rewrites-payloads' })
    await platform.load(...MIX)
    assertCaught(await platform.verify(), 'altered')
    assertCaught(await platform.deepVerify(), 'altered')
  })

  test('catches an ingest that does not settle its claims', async (t) => {
    const platform = await openPlatform(t, { ingest: 'ingest-skips-settle' })
    await platform.load('--rps', '40', '--duration', '1s', '--duplicate-rate', '0.3')
    assertCaught(await platform.verify({ noFaults: true }), 'missedDup')
  })

  test('catches a gate that calls a key under way a duplicate', async (t) => {
    const platform = await openPlatform(t, { ingest: 'ingest-trusts-claims' })
    await platform.load('--scenario', 'dup-storm', '--rps', '200', '--duration', '1s', '--patience', '0s')
    assertCaught(await platform.verify(), 'falseDup', 'lost')
  })

  test('B8: catches a limiter that forgets', async (t) => {
    const flags = ['--rps', '60', '--duration', '3s', '--tenants', '1', '--patience', '0s']
    const limit = { env: { RATE_LIMIT_PER_MIN: '40' } }
    const broken = await openPlatform(t, { ...limit, ingest: 'ingest-forgets-limits' })
    await broken.load(...flags)
    assertCaught(await broken.verify({ limitPerMin: 40 }), 'overLimit')
    const whole = await openPlatform(t, limit)
    await whole.load(...flags)
    const { numbers, table } = await whole.verify({ limitPerMin: 40 })
    assert.ok(numbers.overLimit === 0 && Number(numbers.accepted) >= 40, table)
  })
})

/** Holds the table until the processor has given up on it: an outage, as it sees it. */
async function breakStore({ sql, databaseUrl }: Platform): Promise<void> {
  const first = { message: 'a first row' }
  await eventually(async () => (await sql('SELECT 1 FROM events LIMIT 1')).length > 0, first)
  const holder = new pg.Client({ connectionString: databaseUrl })
  await holder.connect()
  try {
    await holder.query('BEGIN')
    await holder.query('LOCK TABLE events IN ACCESS EXCLUSIVE MODE')
    const waiting = `SELECT pid, query_start::text FROM pg_stat_activity WHERE datname = current_database()
      AND application_name = 'sluice-processor' AND wait_event_type = 'Lock' AND query LIKE '%settle_batch%'`
    const [waiter] = await eventually(
      async () => {
        const rows = await sql<{ pid: number; query_start: string }>(waiting)
        return rows.length > 0 && rows
      },
      { message: 'the processor waiting for the table' },
    )
    const stillWaits = `${waiting} AND pid = $1 AND query_start::text = $2`
    await eventually(async () => (await sql(stillWaits, [waiter?.pid, waiter?.query_start])).length === 0, {
      message: 'the processor giving up',
    })
  } finally {
    await holder.end()
  }
}
