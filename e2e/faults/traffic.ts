import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from '@sluice/loadgen/args'
import { openLedger } from '@sluice/loadgen/ledger/ledger-writer'
import type { RunFacts } from '@sluice/loadgen/run-facts'
import { type LaidRun, layDownRun } from '@sluice/loadgen/send-run'
import { testSeed } from '@sluice/runtime/testing/seeded-random'
import type { Life } from '../life.ts'
import type { Stack } from '../stack.ts'
import { howLong } from './how-long.ts'

/** Both verifiers look at each event: in `npm test` half the machine is theirs. */
const RATE = String(howLong({ smoke: 50, long: 100 }))

/** As many as a producer's pool would hold, each a connection. */
export const MAX_IN_FLIGHT = 256

/**
 * Every class of event from both tenants. Each is sent again for longer than any outage that these tests make; only so
 * many may be unanswered at once, so that an outage does not end in a storm of retries.
 */
const USUAL = [
  ...['--scenario', 'steady', '--edge-rate', '0.02', '--rps', RATE, '--duration', '30m'],
  ...['--patience', '5m', '--max-in-flight', String(MAX_IN_FLIGHT)],
]

/** Load on a stack, which writes down every try. */
export type Traffic = {
  /** The file that its ledger is in; deleted with the test. */
  ledger: string
  /** As of now. */
  facts: LaidRun['facts']
  /** Rejects when the load itself breaks; never resolves. */
  failed: Promise<never>
  /** Sends nothing new, and resolves once every event has come to its end, or the patience with it has. */
  end(): Promise<RunFacts>
}

/**
 * Starts the load generator's traffic, from this process, by the flags of `sluice loadgen` that are given besides the usual ones.
 * What it is made of comes from the seed that is said. Broken off with `t`.
 */
export function startTraffic(t: Life, { ingestUrl }: Pick<Stack, 'ingestUrl'>, flags: readonly string[] = []): Traffic {
  const seed = testSeed()
  const folder = mkdtempSync(join(tmpdir(), 'sluice-ledger-'))
  const ledger = join(folder, 'run.ndjson')
  const argv = ['--url', ingestUrl, '--seed', String(seed), '--ledger', ledger, ...USUAL, ...flags]
  const parsed = parseArgs(argv, { url: ingestUrl, keys: null })
  if (parsed.type !== 'run') throw new Error(`no run: ${JSON.stringify(parsed)}`)
  t.diagnostic(`seed ${seed}: ${flags.join(' ')}`)
  const run = layDownRun(parsed.options, null)
  const writer = openLedger(ledger, run.runLine)
  const stopping = new AbortController()
  const closing = new AbortController()
  const sending = run
    .send({ ledger: writer, stopping: stopping.signal, closing: closing.signal })
    .finally(() => writer[Symbol.dispose]())
  t.after(async () => {
    stopping.abort()
    await Promise.allSettled([sending])
    rmSync(folder, { recursive: true, force: true })
  })
  t.signal.addEventListener('abort', () => stopping.abort())
  const failed = sending.then(() => new Promise<never>(() => {}))
  // Told to whoever waits for it; nobody may.
  failed.catch(() => {})
  return {
    ledger,
    facts: run.facts,
    failed,
    async end() {
      closing.abort()
      const facts = await sending
      t.signal.throwIfAborted()
      return facts
    },
  }
}
