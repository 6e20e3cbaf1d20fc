import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import { openStack, STACKS } from '../open-stack.ts'
import { expectLedger } from './expect-ledger.ts'
import { backendsOf, storedEvents, watchPart } from './under-load.ts'

for (const kind of STACKS)
  test(`${kind}: R12: connections of the processor that hang are dropped, and events go on being stored`, {
    timeout: 180_000,
  }, async (t) => {
    const stack = await openStack(t, kind, { RATE_LIMIT_PER_MIN: '1000000' })
    await expectLedger(t, stack, async () => {
      const stopped = await backendsOf(stack, 'sluice-processor')
      assert.notEqual(stopped.length, 0)
      t.after(() => signal(stopped, 'SIGCONT'))
      signal(stopped, 'SIGSTOP')
      const before = await storedEvents(stack)
      // Its client gives up after 10 s; what is stored beyond what was under way comes over new connections.
      await eventually(async () => (await storedEvents(stack)) > before + 200, { timeoutMs: 60_000 })
      signal(stopped, 'SIGCONT')
    })
  })

test('embedded: R12: while all of PostgreSQL stands still producers are answered 503, and all goes on after', {
  timeout: 180_000,
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
    await eventually(async () => (await unavailable()) > before + 50, { timeoutMs: 60_000 })
    signal(everyone, 'SIGCONT')
  })
})

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
