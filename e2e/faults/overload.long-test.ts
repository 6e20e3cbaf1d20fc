import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { delay } from '@sluice/runtime/backoff'
import { openStack, STACKS } from '../open-stack.ts'
import type { Stack } from '../stack.ts'
import { expectLedger } from './expect-ledger.ts'
import { probeDuring, quantileMs } from './probe.ts'
import { readSample } from './soak/process-samples.ts'

/** The load client of the benches: each connection sends its next event with the answer to the last, so that all are always under way. */
const FLOOD = fileURLToPath(new URL('../../bench/load/closed-loop.ts', import.meta.url))
const FLOOD_SECONDS = 30
/** More than thirty times what saturates it; each is answered late, or turned away. */
const CONNECTIONS = 2_048
/** The 5 s of ingest's README count from the last byte that it read; before that a connection waits for a turn or two of a busy loop. */
const ANSWER_LIMIT_MS = 6_000
const RECOVERY_MS = 10_000
/** A probe takes milliseconds; beside the load of the test and its flood's last garbage it may take some more. */
const USUAL_AGAIN_MS = 500
/** 64 MiB of bodies, and what requests and connections take beside the code. */
const MOST_MIB = 768
const OURS = ['ingest', 'processor', 'admin'] as const

type Flood = { events: number; refused: number; p99_ms: number; max_ms: number }

for (const kind of STACKS)
  test(`${kind}: B2: ${CONNECTIONS} producers at once for ${FLOOD_SECONDS} s: answered in time, bounded, usual again by itself`, {
    timeout: 600_000,
  }, async (t) => {
    const stack = await openStack(t, kind, { RATE_LIMIT_PER_MIN: '1000000000' })
    await expectLedger(t, stack, async () => {
      const usual = await probeDuring(stack, () => delay(3_000))
      const [flood, most] = await Promise.all([sendFlood(stack), mostMemory(stack, FLOOD_SECONDS * 1_000)])
      await delay(RECOVERY_MS)
      const after = await probeDuring(stack, () => delay(3_000))
      t.diagnostic(
        `${flood.events} answered, ${flood.refused} of them 503; p99 ${flood.p99_ms}, longest ${flood.max_ms} ms`,
      )
      t.diagnostic(`MiB at most: ${OURS.map((name) => `${name} ${most.get(name)?.toFixed(0)}`).join(', ')}`)
      t.diagnostic(`p99 of probes, ms: ${quantileMs(usual, 0.99)} before, ${quantileMs(after, 0.99)} after 10 s`)
      assert.ok(flood.events > CONNECTIONS)
      assert.ok(flood.max_ms <= ANSWER_LIMIT_MS)
      for (const name of OURS) assert.ok((most.get(name) ?? Infinity) < MOST_MIB, name)
      assert.ok(after.every(({ status, degraded }) => status === 202 && !degraded))
      assert.ok(quantileMs(after, 0.99) <= Math.max(USUAL_AGAIN_MS, 2 * quantileMs(usual, 0.99)))
    })
  })

async function sendFlood({ ingestUrl }: Stack): Promise<Flood> {
  const args = [FLOOD, new URL(ingestUrl).port, String(CONNECTIONS), String(FLOOD_SECONDS), '1']
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return JSON.parse(stdout) as Flood
}

/** The most MiB that each of our processes had in the time. */
async function mostMemory(stack: Stack, ms: number): Promise<Map<string, number>> {
  const pids = await Promise.all(OURS.map(async (name) => [name, await stack.pidOf(name)] as const))
  const most = new Map<string, number>()
  for (const end = performance.now() + ms; performance.now() < end; await delay(500))
    for (const [name, pid] of pids) {
      const sample = readSample(pid, 0)
      if (sample !== null) most.set(name, Math.max(most.get(name) ?? 0, sample.rssBytes / 2 ** 20))
    }
  return most
}
