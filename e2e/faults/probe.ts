import { delay } from '@sluice/runtime/backoff'
import { eventText, send } from '../send.ts'
import type { Stack } from '../stack.ts'

/** What one request was answered while something was broken; `atMs` counts from the beginning of the probe. */
export type Probed = { status: number; atMs: number; tookMs: number; degraded: boolean }

/** Not the load's tenant: its account stays its own. */
const PROBE_KEY = 'key_b'
const EVERY_MS = 100
let number = 0

/**
 * Posts one event after the other, each on a connection of its own, until `until` aborts: what the server takes for an answer, without
 * the queue in which the load's own requests may stand.
 * @throws TypeError when a connection breaks
 */
export async function probe(stack: Stack, until: AbortSignal): Promise<Probed[]> {
  const answers: Probed[] = []
  const beganMs = performance.now()
  while (!until.aborted) {
    number += 1
    const start = performance.now()
    const id = `probe-${number}`
    const { status, headers } = await send(stack.ingestUrl, eventText(id), { key: id, apiKey: PROBE_KEY })
    answers.push({
      status,
      atMs: start - beganMs,
      tookMs: performance.now() - start,
      degraded: headers.has('sluice-degraded'),
    })
    await delay(EVERY_MS, until)
  }
  return answers
}

/** `probe` for as long as `work` takes. */
export async function probeDuring(stack: Stack, work: () => Promise<void>): Promise<Probed[]> {
  const done = new AbortController()
  const [answers] = await Promise.all([probe(stack, done.signal), work().finally(() => done.abort())])
  return answers
}

/** Milliseconds that `share` (0 to 1) of the answers took at most. */
export function quantileMs(answers: readonly Probed[], share: number): number {
  const sorted = answers.map(({ tookMs }) => tookMs).sort((a, b) => a - b)
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN)
}
