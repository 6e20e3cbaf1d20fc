import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import { withinLimit } from '@sluice/runtime/within-limit'
import { openStack, STACKS } from '../open-stack.ts'
import type { Stack } from '../stack.ts'
import { expectLedger } from './expect-ledger.ts'
import { backendsOf, storedEvents, watchPart } from './under-load.ts'

for (const kind of STACKS)
  test(`${kind}: R12: connections of the processor that hang are dropped, and events go on being stored`, {
    timeout: 600_000,
  }, async (t) => {
    const stack = await openStack(t, kind, { RATE_LIMIT_PER_MIN: '1000000' })
    await expectLedger(t, stack, async () => {
      const stopped = await stopIdleBackends(t, stack)
      const before = await storedEvents(stack)
      // Its client gives up after 10 s; what is stored beyond what was under way comes over new connections.
      await eventually(async () => (await storedEvents(stack)) > before + 200)
      signal(stopped, 'SIGCONT')
    })
  })

test('embedded: R12: while all of PostgreSQL stands still producers are answered 503, and all goes on after', {
  timeout: 600_000,
}, async (t) => {
  const stack = await openStack(t, 'embedded', { RATE_LIMIT_PER_MIN: '1000000' })
  const ingest = await watchPart(stack, 'ingest')
  const unavailable = () => ingest.metric('sluice_http_requests_total', 'route="/events",status="503"')
  await expectLedger(t, stack, async () => {
    const postmaster = await stack.pidOf('postgres')
    const everyone = [...childrenOf(postmaster), postmaster]
    t.after(() => signal(everyone, 'SIGCONT'))
    const before = await unavailable()
    signal(everyone, 'SIGSTOP')
    // The load's own requests, each answered by ingest before its sender's patience ends.
    await eventually(async () => (await unavailable()) > before + 50)
    signal(everyone, 'SIGCONT')
  })
})

/**
 * Stops the processor's connections at a moment at which none of them holds anything. One that is stopped within a statement keeps its
 * locks, and some of those stop the whole server: that is the other test.
 */
async function stopIdleBackends(t: TestContext, stack: Stack): Promise<number[]> {
  let stopped: number[] = []
  t.after(() => signal(stopped, 'SIGCONT'))
  const areIdle = `SELECT count(*)::int AS n FROM pg_stat_activity
    WHERE pid = ANY ($1) AND state = 'idle' AND wait_event = 'ClientRead'`
  await eventually(
    async () => {
      stopped = await backendsOf(stack, 'sluice-processor')
      assert.notEqual(stopped.length, 0)
      signal(stopped, 'SIGSTOP')
      // No answer: one of them holds what everyone needs.
      const idle = await withinLimit(1_000, () => stack.sql<{ n: number }>(areIdle, [stopped])).catch(() => [])
      if (idle[0]?.n === stopped.length) return true
      signal(stopped, 'SIGCONT')
      return false
    },
    { pauseMs: 50, message: 'a moment at which the processor asks nothing of the database' },
  )
  return stopped
}

/** A process that ended meanwhile needs no signal. */
function signal(pids: readonly number[], name: 'SIGSTOP' | 'SIGCONT'): void {
  for (const pid of pids)
    try {
      process.kill(pid, name)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
}

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
