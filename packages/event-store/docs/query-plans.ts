// How the questions that people ask are answered on a store of a busy day: for each its times and its plan, as Markdown.
//   node packages/event-store/docs/query-plans.ts <url of a database that fill.sql has filled> > packages/event-store/docs/query-plans.md
import { availableParallelism, loadavg } from 'node:os'
import { RAW_TOPIC } from '@sluice/contract/topics'
import { closePool, openPool, type Pool } from '@sluice/runtime/postgres'
import { checkBalance } from '../src/balance-checks.ts'
import { foldRollups } from '../src/fold-rollups.ts'
import { listAudit } from '../src/queries/audit.ts'
import { ANY_DEAD_LETTER as ANY } from '../src/queries/dead-letter-filter.ts'
import { groupDeadLetters } from '../src/queries/dead-letter-groups.ts'
import { listHeartbeats } from '../src/queries/heartbeats.ts'
import { readLagHistory } from '../src/queries/lag-history.ts'
import { readLedger } from '../src/queries/ledger.ts'
import { countDeadLetters, listDeadLetters } from '../src/queries/list-dead-letters.ts'
import { listEvents } from '../src/queries/list-events.ts'
import { readOverview } from '../src/queries/overview.ts'
import { listRedriveJobs } from '../src/queries/redrive-jobs.ts'
import { countRepeats, findByReceipt, searchByEventId, searchByIdempotencyKey } from '../src/queries/search.ts'
import { readTenantTotals } from '../src/queries/tenant-totals.ts'
import { readThroughput } from '../src/queries/throughput.ts'
import { readTopEventTypes } from '../src/queries/top-event-types.ts'
import { countSelection } from '../src/redrives/selection.ts'
import { MEND_START, type MendPlace, mendSummaries } from '../src/summary-indexes.ts'

const RUNS = 20
const [url] = process.argv.slice(2)
if (url === undefined) throw new Error('which database? give its URL')
const limits = { statementTimeoutMs: 60_000, lockTimeoutMs: 3_000, queryTimeoutMs: 60_000 }
const pool = openPool({ url, max: 1, applicationName: 'sluice-plans', ...limits, log: { warn() {} } })

const page = { cursor: null, limit: 50 }
const letters = { ...page, include: { original: false } }
const anyEvent = { tenantId: null, eventType: null, since: null, until: null }
const open = { ...ANY, state: 'open' } as const
const day = { minutes: 1_440, tenantId: null }
const anyChange = { action: null, target: null, since: null, until: null }
const twoHoursAgo = new Date(Math.floor(Date.now() / 60_000 - 120) * 60_000)

const [somewhere] = (await pool.query<{ id: string }>(`SELECT id FROM events WHERE event_id = 'event-500003'`)).rows
const aReceipt = somewhere?.id ?? ''

const QUESTIONS: Record<string, (asked: Pool) => Promise<unknown>> = {
  'overview, all tenants': (asked) => readOverview(asked, null),
  'throughput, 1 h': (asked) => readThroughput(asked, { ...day, minutes: 60 }),
  'throughput, 24 h': (asked) => readThroughput(asked, day),
  'throughput, 24 h of one tenant': (asked) => readThroughput(asked, { ...day, tenantId: 'tenant_3' }),
  'top event types, 24 h': (asked) => readTopEventTypes(asked, { ...day, limit: 10 }),
  'tenants, 24 h': (asked) => readTenantTotals(asked),
  'events, newest of all tenants': (asked) => listEvents(asked, anyEvent, page),
  'search by event id': (asked) => searchByEventId(asked, 'tenant_3', 'event-500003'),
  'search by idempotency key': (asked) => searchByIdempotencyKey(asked, 'tenant_3', 'key-500003'),
  'the journey of one event': async (asked) => {
    const found = await findByReceipt(asked, aReceipt, null)
    if (found === null) throw new Error('the receipt that was just read leads nowhere')
    return countRepeats(asked, found.receiptId)
  },
  'dead letters, newest': (asked) => listDeadLetters(asked, ANY, letters),
  'dead letters of one group': (asked) =>
    listDeadLetters(asked, { ...open, reason: 'MISSING_FIELD', pointer: '/payload' }, letters),
  'dead letters by a word that few have': (asked) => listDeadLetters(asked, { ...open, text: 'key-55000' }, letters),
  'groups of open dead letters': (asked) => groupDeadLetters(asked, open, 50),
  'count of open dead letters': (asked) => countDeadLetters(asked, open),
  'what a redrive of one group would take': (asked) =>
    countSelection(asked, { filter: { ...open, reason: 'MISSING_FIELD', pointer: '/payload' } }),
  'balance, 1 h': (asked) => readLedger(asked, { minutes: 60, tenantId: null, topic: RAW_TOPIC }),
  'balance, 24 h': (asked) => readLedger(asked, { ...day, topic: RAW_TOPIC }),
  'comparing one minute with its rows': (asked) =>
    checkBalance(asked, { from: twoHoursAgo, until: new Date(twoHoursAgo.getTime() + 60_000) }),
  'redrive jobs, newest': (asked) => listRedriveJobs(asked, null, page),
  'audit, newest': (asked) => listAudit(asked, anyChange, page),
  'processors and their heartbeats': (asked) => listHeartbeats(asked),
  'lag, 24 h': (asked) => readLagHistory(asked, 1_440),
}

/** A pool that is told by each statement how it was carried out. */
function explaining(plans: string[]): Pool {
  const query = async (text: string, values: unknown[] = []) => {
    const { rows } = await pool.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, BUFFERS) ${text}`,
      values,
    )
    plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'))
    return pool.query(text, values)
  }
  return { query } as unknown as Pool
}

while ((await foldRollups(pool)) > 0);
// As autovacuum does in life: the summary index of a table filled at once knows nothing yet. A worker that this cancels may leave it
// of no use: docs/decisions/0016.
await pool.query('VACUUM events')
for (let place: MendPlace | null = MEND_START; place !== null; ) place = await mendSummaries(pool, place, 10_000)
await pool.query('ANALYZE')
const { rows } = await pool.query<{ version: string }>('SELECT version()')
const out = (line: string) => process.stdout.write(`${line}\n`)
const tables: string[] = []
const chapters: string[] = []
for (const [name, ask] of Object.entries(QUESTIONS)) {
  const times: number[] = []
  for (let run = 0; run < RUNS; run += 1) {
    const start = performance.now()
    await ask(pool)
    times.push(performance.now() - start)
  }
  times.sort((a, b) => a - b)
  const at = (share: number) => (times[Math.ceil(share * RUNS) - 1] ?? 0).toFixed(1)
  tables.push(`| ${name} | ${at(0.05)} | ${at(0.5)} | ${at(0.95)} |`)
  const plans: string[] = []
  await ask(explaining(plans))
  chapters.push(`## ${name}\n\n\`\`\`\n${plans.join('\n\n')}\n\`\`\`\n`)
}
const [counted] = (await pool.query<{ events: string }>('SELECT count(*) AS events FROM events')).rows
out('# Plans of the queries that people wait for\n')
out(
  `Made by [query-plans.ts](query-plans.ts) on the store of [fill.sql](fill.sql): ${Number(counted?.events).toLocaleString('en')} events and 100,000 dead letters of one day,`,
)
out(
  '20 tenants with 50 types each in every minute, which is the worst for rollups. Times in ms over a connection, 20 runs each.\n',
)
out(
  `${rows[0]?.version}; ${availableParallelism()} cores, ${loadavg()[0]?.toFixed(1)} processes wanting them at the end of the run.\n`,
)
out('| Question | best | median | p95 |\n|---|---|---|---|')
out(tables.join('\n'))
out(`\n${chapters.join('\n')}`.trimEnd())
await closePool(pool)
