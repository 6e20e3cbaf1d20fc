import { readFileSync } from 'node:fs'
import { watchCpu } from '../cpu.ts'
import { openEngines, sql, start } from '../engines.ts'
import { type Measure, type OpenQuestion, type Subject, spreadOf } from '../question.ts'

const FILL = new URL('../../packages/event-store/docs/fill.sql', import.meta.url)
const CALLS = 100

/** Every question that has an answer on a store of one day without a log; `:receipt` and `:letter` are some of its own. */
const ROUTES: Readonly<Record<string, string>> = {
  overview: '/admin/overview',
  'throughput, 24 h': '/admin/throughput?minutes=1440',
  'top event types, 24 h': '/admin/top-event-types?sinceMinutes=1440',
  'newest events': '/admin/events?limit=50',
  'events of one tenant': '/admin/events?tenant=tenant_3&limit=50',
  'events of one type': '/admin/events?tenant=tenant_3&eventType=type.7&limit=50',
  'search by event id': '/admin/event/search?tenant=tenant_3&eventId=event-50003',
  'search by idempotency key': '/admin/event/by-idempotency?tenant=tenant_3&idempotencyKey=key-50003',
  'the journey of one event': '/admin/receipts/:receipt',
  'dead letters': '/admin/dlq?limit=50',
  'dead letters of one tenant': '/admin/dlq?tenant=tenant_3&limit=50',
  'dead letters by a word': '/admin/dlq?text=key-55000&limit=50',
  'one dead letter': '/admin/dlq/:letter',
  'count of dead letters': '/admin/dlq/count',
  'groups of dead letters': '/admin/dlq/groups',
  'balance, 1 h': '/admin/balance?minutes=60',
  'balance, 24 h': '/admin/balance?minutes=1440',
  lag: '/admin/lag',
  'lag, 24 h': '/admin/lag/history?minutes=1440',
  backlog: '/admin/backlog',
  tenants: '/admin/tenants',
  redrives: '/admin/redrives',
  audit: '/admin/audit',
}

export const openReadingQuestion: OpenQuestion = async (bench) => {
  const engines = await openEngines(bench.life, 'embedded')
  await sql(engines.databaseUrl, `SET fill.events = ${bench.rows};${readFileSync(FILL, 'utf8')}`)
  // As autovacuum does in life: on tables filled at once it comes too late, and counts would look at every row.
  await sql(engines.databaseUrl, 'VACUUM ANALYZE')
  const [some] = await sql<{ receipt: string; letter: string }>(
    engines.databaseUrl,
    `SELECT (SELECT id FROM events WHERE tenant_id = 'tenant_3' AND event_id = 'event-50003') AS receipt,
            (SELECT id FROM dead_letters WHERE state = 'open' ORDER BY failed_at LIMIT 1) AS letter`,
  )
  if (!some?.receipt || !some.letter) throw new Error('the store was filled with other rows than are asked for')
  const admin = bench.life.use(await start('admin', engines.settings))
  const pids = { admin: admin.pid, postgres: engines.pids.postgres ?? 0 }
  const subjects = Object.entries({ '/healthz, no database': '/healthz', ...ROUTES }).map(([name, path]) =>
    subjectOf(
      name,
      `http://127.0.0.1:${admin.port}${path.replace(':receipt', some.receipt).replace(':letter', some.letter)}`,
      pids,
    ),
  )
  for (const subject of subjects) await subject.measure()
  return {
    name: 'reading',
    asks: `answers a second of the Admin API, ${CALLS} calls one after the other, ${bench.rows.toLocaleString('en')} events and 100,000 dead letters`,
    subjects,
  }
}

function subjectOf(name: string, url: string, pids: Record<string, number>): Subject {
  return {
    name,
    async measure(): Promise<Measure> {
      const cpu = watchCpu(pids)
      const times: number[] = []
      for (let call = 0; call < CALLS; call += 1) {
        const begin = performance.now()
        const response = await fetch(url)
        await response.arrayBuffer()
        if (!response.ok) throw new Error(`${url} answered ${response.status}`)
        times.push(performance.now() - begin)
      }
      times.sort((a, b) => a - b)
      const at = (share: number) => times[Math.ceil(CALLS * share) - 1] ?? 0
      const total = times.reduce((sum, time) => sum + time, 0)
      return {
        perSecond: CALLS / (total / 1_000),
        cpuMicros: cpu(CALLS),
        latencyMs: { p50: spreadOf(times).median, p95: at(0.95), p99: at(0.99) },
      }
    },
  }
}
