import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import { openStack } from '../open-stack.ts'
import type { StackKind } from '../stack.ts'
import { proveTraffic } from './expect-ledger.ts'
import {
  askAdmin,
  jobOf,
  makeDeadLetters,
  startJob,
  statesOf,
  sumOf,
  untilJob,
  untilJobs,
  whileTrafficFlows,
} from './redrive-many.ts'

export type RepairSize = { count: number; ratePerSecond: number; livePerSecond: number }

/**
 * Redrives `count` edited dead letters while traffic flows: the job is asked for twice at once and a rival wants the same ones;
 * admin and processor are killed half-way. Each must be one row and closed once, and the traffic accounted for.
 */
export async function repairUnderFire(t: TestContext, kind: StackKind, size: RepairSize): Promise<void> {
  const { count, ratePerSecond, livePerSecond } = size
  const stack = await openStack(t, kind, { RATE_LIMIT_PER_MIN: '1000000' })
  await makeDeadLetters(stack, count)
  const traffic = await whileTrafficFlows(t, stack, livePerSecond, async () => {
    const startMs = performance.now()
    const operationId = randomUUID()
    const [first, twin, rival] = await Promise.all([
      startJob(stack, ratePerSecond, operationId),
      startJob(stack, ratePerSecond, operationId),
      startJob(stack, ratePerSecond),
    ])
    assert.deepEqual([first.status, twin.status], [202, 202])
    assert.equal(twin.body.id, first.body.id, 'asked for twice it is one job')
    // Both counted the same before either took one: then the rival is a job as well, and which takes how many is open.
    if (rival.status !== 202) assert.equal(rival.body.code, 'COUNT_CHANGED')
    const ids = [first, rival].filter(({ status }) => status === 202).map(({ body }) => String(body.id))
    await untilJobs(stack, ids, (jobs) => sumOf(jobs, 'done') > count * 0.1)
    await stack.crash('admin')
    await stack.crash('processor')
    await untilJobs(stack, ids, (jobs) => sumOf(jobs, 'done') > count * 0.6)
    await stack.crash('processor')
    await stack.crash('admin')
    const jobs = await untilJobs(stack, ids, (all) => all.every(({ state }) => state === 'done'))
    assert.deepEqual([sumOf(jobs, 'done'), sumOf(jobs, 'stored'), sumOf(jobs, 'failed_again')], [count, count, 0])
    const tookMs = performance.now() - startMs
    t.diagnostic(
      `${count} redriven in ${(tookMs / 1_000).toFixed(1)} s by ${jobs.length} jobs of ${ratePerSecond}/s each`,
    )
  })
  assert.deepEqual(await statesOf(stack), { redriven: count, rows: count, keys: count, closings: count })
  const altered = await stack.sql<{ n: number }>(
    `SELECT count(*)::int AS n FROM events
     WHERE tenant_id = 'tenant_b' AND (event_type <> 'order.repaired' OR payload::text <> '{"n": 1.10}')`,
  )
  assert.deepEqual(altered, [{ n: 0 }], 'what the edit does not name keeps every digit')
  await proveTraffic(t, stack, traffic)
}

/** Cancels a job half-way, looks whether it stops there, and redrives the rest. */
export async function cancelHalfWay(t: TestContext, kind: StackKind, size: RepairSize): Promise<void> {
  const { count, ratePerSecond, livePerSecond } = size
  const stack = await openStack(t, kind, { RATE_LIMIT_PER_MIN: '1000000' })
  await makeDeadLetters(stack, count)
  const traffic = await whileTrafficFlows(t, stack, livePerSecond, async () => {
    const startMs = performance.now()
    const { status, body } = await startJob(stack, ratePerSecond)
    assert.equal(status, 202)
    const id = String(body.id)
    const half = await untilJob(stack, id, ({ done }) => done >= count / 2)
    const seconds = (performance.now() - startMs) / 1_000
    // One second's worth may have gathered before it was taken up.
    assert.ok(half.done <= ratePerSecond * (seconds + 1), `${half.done} in ${seconds} s at ${ratePerSecond}/s`)
    const cancelled = await askAdmin(stack, `/admin/redrives/${id}/cancel`, { operation_id: randomUUID() })
    assert.equal(cancelled.status, 202)
    const ended = await untilJob(stack, id, ({ state, waiting }) => state === 'cancelled' && waiting === 0)
    assert.deepEqual([ended.remaining, ended.stored, ended.failed_again], [0, ended.done, 0])
    assert.ok(ended.done < count, 'it was cancelled before its end')
    assert.deepEqual(await statesOf(stack), {
      ...{ open: count - ended.done, redriven: ended.done },
      ...{ rows: ended.done, keys: ended.done, closings: ended.done },
    })
    t.diagnostic(`cancelled at ${ended.done} of ${count}, after ${seconds.toFixed(1)} s at ${ratePerSecond}/s`)
    const rest = await startJob(stack, ratePerSecond)
    const last = await untilJob(stack, String(rest.body.id), ({ state }) => state === 'done')
    assert.deepEqual([last.matched, last.stored], [count - ended.done, count - ended.done])
    assert.equal((await jobOf(stack, id)).done, ended.done, 'the cancelled one did nothing more')
  })
  assert.deepEqual(await statesOf(stack), { redriven: count, rows: count, keys: count, closings: count })
  await proveTraffic(t, stack, traffic)
}
