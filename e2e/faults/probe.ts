import { delay } from '@sluice/runtime/backoff'
import { eventText, send } from '../send.ts'
import type { Stack } from '../stack.ts'

/**
 * What one request was answered while something was broken; `atMs` counts from the beginning of the probe. `heldUpMs` of `tookMs`
 * even an answer that needs no engine took meanwhile: the machine's share, not the fault's.
 */
export type Probed = { status: number; atMs: number; tookMs: number; heldUpMs: number; degraded: boolean }

/** Not the load's tenant: its account stays its own. */
const PROBE_KEY = 'key_b'
const EVERY_MS = 100
/** How often the machine is asked how fast it is. A pause shorter than this may go unseen. */
const PULSE_EVERY_MS = 25
let number = 0

/**
 * Posts one event after the other, each on a connection of its own, until `until` aborts: what the server takes for an answer, without
 * the queue in which the load's own requests may stand.
 * @throws TypeError when a connection breaks
 */
export async function probe(stack: Stack, until: AbortSignal): Promise<Probed[]> {
  const answers: Probed[] = []
  const beganMs = performance.now()
  const pulse = takePulse(stack, until)
  while (!until.aborted) {
    number += 1
    const start = performance.now()
    const id = `probe-${number}`
    const { status, headers } = await send(stack.ingestUrl, eventText(id), { key: id, apiKey: PROBE_KEY })
    const tookMs = performance.now() - start
    answers.push({
      ...{ status, tookMs, atMs: start - beganMs, degraded: headers.has('sluice-degraded') },
      heldUpMs: await pulse.slowestSince(start),
    })
    await delay(EVERY_MS, until)
  }
  return answers
}

type Pulse = { slowestSince(startMs: number): Promise<number> }

/** Asks ingest again and again for an answer that waits for nothing. It shares ingest's loop, its cores and ours with a probe. */
function takePulse({ ingestUrl }: Stack, until: AbortSignal): Pulse {
  const beats: { endMs: number; tookMs: number }[] = []
  const beat = async () => {
    const start = performance.now()
    const response = await fetch(`${ingestUrl}/healthz`)
    await response.arrayBuffer()
    const endMs = performance.now()
    beats.push({ endMs, tookMs: endMs - start })
  }
  let latest = Promise.resolve()
  const going = (async () => {
    while (!until.aborted) {
      latest = beat()
      await latest
      await delay(PULSE_EVERY_MS, until)
    }
  })()
  // Told by `slowestSince`, which every probe awaits.
  going.catch(() => {})
  return {
    async slowestSince(startMs) {
      await latest
      return Math.max(0, ...beats.filter(({ endMs }) => endMs >= startMs).map(({ tookMs }) => tookMs))
    },
  }
}

/** `probe` for as long as `work` takes. */
export async function probeDuring(stack: Stack, work: () => Promise<void>): Promise<Probed[]> {
  const done = new AbortController()
  const [answers] = await Promise.all([probe(stack, done.signal), work().finally(() => done.abort())])
  return answers
}

/**
 * The 5 s within which ingest answers, and what a machine at its limit adds that a pulse does not see. Without a limit of its own an answer
 * would take as long as the fault, 10 s and more.
 */
export const ANSWERED_MS = 8_000

/** The longest that a probe waited for its answer, less what the machine was held up, ms. */
export const longestWaitMs = (answers: readonly Probed[]): number =>
  Math.round(Math.max(...answers.map(({ tookMs, heldUpMs }) => tookMs - heldUpMs)))

/** Milliseconds that `share` (0 to 1) of the answers took at most. */
export function quantileMs(answers: readonly Probed[], share: number): number {
  const sorted = answers.map(({ tookMs }) => tookMs).sort((a, b) => a - b)
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN)
}
