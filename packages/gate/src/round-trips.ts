import type { Finding } from '@sluice/runtime/finding'

/** Of one look: the middle one of five says what a call costs, one slow one does not. */
const TRIES = 5

/** A micro-batch waits for one round trip before its append, which takes 2 to 5 ms: more than that, and the gate is what is waited for. */
const SLOW_MS = 5

/** How long the engine takes to answer a call that does nothing. */
export async function inspectRoundTrips(engine: string, call: () => Promise<unknown>): Promise<Finding> {
  const took: number[] = []
  for (let nth = 0; nth < TRIES; nth++) {
    const sentAt = performance.now()
    await call()
    took.push(performance.now() - sentAt)
  }
  const middle = took.sort((a, b) => a - b)[Math.floor(TRIES / 2)] ?? 0
  const detail = `a call that does nothing takes ${middle.toFixed(1)} ms, the middle one of ${TRIES}`
  if (middle <= SLOW_MS) return { subject: `${engine}: latency`, state: 'ok', detail, remedy: null }
  const remedy = `put ${engine} nearer to ingest: every micro-batch waits for one call before it is appended`
  return { subject: `${engine}: latency`, state: 'warning', detail, remedy }
}
