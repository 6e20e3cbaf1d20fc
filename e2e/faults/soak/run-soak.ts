import { delay } from '@sluice/runtime/backoff'
import { createSeededRandom } from '@sluice/runtime/testing/seeded-random'
import type { Life } from '../../life.ts'
import type { Stack } from '../../stack.ts'
import { type Proof, proveTraffic } from '../expect-ledger.ts'
import { startTraffic } from '../traffic.ts'
import { storedEvents } from '../under-load.ts'
import { addSamples, type PartMemory, type ProcessLife, summarizeMemory } from './process-samples.ts'
import { faultsOf } from './random-fault.ts'

export type SoakOptions = {
  minutes: number
  faultEverySeconds: number
  /** Flags of `sluice loadgen`. */
  traffic: readonly string[]
  /** Decides which fault comes when. */
  seed: number
}

/** One fault: when it struck, and how long after it was healed rows came again; null: not within a minute. */
export type Struck = { name: string; atSeconds: number; tookMs: number; recoveredMs: number | null }

export type SoakResult = { stack: Stack['kind']; options: SoakOptions; struck: Struck[]; memory: PartMemory[] } & Proof

const SAMPLE_EVERY_MS = 10_000
const LONGEST_RECOVERY_MS = 60_000
const LOOK_EVERY_MS = 100

/**
 * Runs traffic against a stack while something random breaks again and again, watches what its processes take, and proves the ledger
 * at the end.
 * @throws AssertionError with the table of what is wrong
 */
export async function runSoak(life: Life, stack: Stack, options: SoakOptions): Promise<SoakResult> {
  const { minutes, faultEverySeconds, traffic: flags, seed } = options
  const traffic = startTraffic(life, stack, flags)
  const startMs = performance.now()
  const sinceStartMs = () => performance.now() - startMs
  const ended = new AbortController()
  const lives: ProcessLife[] = []
  const sampling = everyMs(SAMPLE_EVERY_MS, AbortSignal.any([ended.signal, life.signal]), async () =>
    addSamples(lives, await stack.status(), sinceStartMs()),
  )
  const struck: Struck[] = []
  const random = createSeededRandom(seed)
  const faults = faultsOf(stack)
  try {
    for (let nth = 1; sinceStartMs() < minutes * 60_000 && !life.signal.aborted; nth++) {
      const dueMs = Math.min(nth * faultEverySeconds, minutes * 60) * 1_000
      await Promise.race([delay(dueMs - sinceStartMs(), life.signal), traffic.failed])
      if (dueMs >= minutes * 60_000) break
      const { name, strike } = random.pick(faults)
      const atSeconds = Math.round(sinceStartMs() / 1_000)
      const struckMs = performance.now()
      await strike()
      const tookMs = Math.round(performance.now() - struckMs)
      const recoveredMs = await rowsAgainMs(stack)
      struck.push({ name, atSeconds, tookMs, recoveredMs })
      life.diagnostic(`${String(atSeconds).padStart(4)} s  ${name}: rows again after ${recoveredMs ?? '?'} ms`)
    }
  } finally {
    ended.abort()
    await sampling
  }
  const proof = await proveTraffic(life, stack, traffic)
  return { stack: stack.kind, options, struck, memory: summarizeMemory(lives), ...proof }
}

/** Milliseconds until a row comes that was not there; null when none does. */
async function rowsAgainMs(stack: Stack): Promise<number | null> {
  const fromMs = performance.now()
  // What is away cannot be asked; it is what is waited for.
  const count = () => storedEvents(stack).catch(() => null)
  let before = await count()
  while (performance.now() - fromMs < LONGEST_RECOVERY_MS) {
    const now = await count()
    if (before !== null && now !== null && now > before) return Math.round(performance.now() - fromMs)
    before ??= now
    await delay(LOOK_EVERY_MS)
  }
  return null
}

async function everyMs(ms: number, until: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!until.aborted) {
    await work()
    await delay(ms, until)
  }
}
