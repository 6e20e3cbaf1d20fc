import { Readable } from 'node:stream'
import { type LIVE_EVENTS, type LiveLeftOut, MAX_LIVE_PER_SECOND } from '@sluice/contract/admin-api/live'
import { toComment, toLastEventId, toServerSentEvent } from '@sluice/contract/event-stream'
import { delay } from '@sluice/runtime/backoff'
import type { Clock } from '@sluice/runtime/clock'
import { errorFields } from '@sluice/runtime/error-fields'
import { SluiceError } from '@sluice/runtime/errors'
import type { Logger } from '@sluice/runtime/logger'
import type { Static } from 'typebox'
import { encodeLivePosition } from './live-position.ts'
import { createLiveSampler, TURNS_PER_SECOND } from './live-sampler.ts'
import type { LiveTail, LiveTurn } from './live-tail.ts'

const TURN_MS = 1_000 / TURNS_PER_SECOND
/** While an engine is away: often enough for a person who waits, and nothing beside what health checks ask. */
const RETRY_MS = 1_000
/** Proxies take a connection for dead that is silent for 30 to 60 s. */
const HEARTBEAT_MS = 15_000
/** What waits for a reader: 5 s of a full stream, 500 items of 400 bytes a second. Beyond, items are left out. */
const MAX_WAITING_BYTES = 1_048_576
/** Who has taken nothing for so long is gone, though nobody closed the connection. */
const STUCK_MS = 60_000

export type LiveStreamParts = {
  tail: LiveTail
  resumed: boolean
  /** Aborts when the process leaves. */
  leaving: AbortSignal
  clock: Clock
  log: Pick<Logger, 'error'>
}

type LiveEventName = keyof typeof LIVE_EVENTS
type Tally = Pick<LiveLeftOut, 'matched' | 'shown' | 'sampled' | 'slow' | 'unread'>
const emptyTally = (): Tally => ({ matched: 0, shown: 0, sampled: 0, slow: 0, unread: 0 })

/**
 * What a tail tells, as server-sent events, for as long as somebody reads. Memory is bounded: a slow reader is not waited
 * for, what it misses is counted. Ends after `closing`; destroying it ends everything.
 */
export function createLiveStream({ tail, resumed, leaving, clock, log }: LiveStreamParts): Readable {
  const gone = new AbortController()
  const ending = AbortSignal.any([gone.signal, leaving])
  // Nothing is made on demand: what happens is pushed, and dropped by us where nobody takes it.
  const stream = new Readable({
    read() {},
    destroy(error, done) {
      gone.abort()
      done(error)
    },
  })
  const sampler = createLiveSampler()
  const nowText = () => new Date(clock.now()).toISOString()
  let told = encodeLivePosition(tail.position())
  let tally = emptyTally()
  let since = nowText()
  let sinceMs = clock.monotonicMs()
  let lastPushMs = sinceMs
  let slowSinceMs: number | null = null
  let interrupted = false

  function push(text: string): void {
    stream.push(text)
    lastPushMs = clock.monotonicMs()
  }
  const tell = <Name extends LiveEventName>(name: Name, data: Static<(typeof LIVE_EVENTS)[Name]>) =>
    push(toServerSentEvent(name, JSON.stringify(data)))

  function show({ candidates, unread }: LiveTurn, isSlow: boolean): void {
    const chosen = isSlow ? [] : sampler.choose(candidates, clock.monotonicMs())
    if (chosen.length > 0) push(chosen.map((one) => toServerSentEvent('item', JSON.stringify(one.toItem()))).join(''))
    tally.matched += candidates.length
    tally.shown += chosen.length
    tally.unread += unread
    if (isSlow) tally.slow += candidates.length
    else tally.sampled += candidates.length - chosen.length
  }

  function tellLeftOut(): void {
    if (clock.monotonicMs() - sinceMs < 1_000) return
    const until = nowText()
    if (tally.sampled + tally.slow + tally.unread > 0) tell('left_out', { since, until, ...tally })
    tally = emptyTally()
    since = until
    sinceMs = clock.monotonicMs()
  }

  function tellPosition(): void {
    const position = encodeLivePosition(tail.position())
    if (position !== told) push(toLastEventId(position))
    told = position
  }

  /** Null while log or store is away, which is told once. @throws what no waiting mends */
  async function tryTurn(): Promise<LiveTurn | null> {
    try {
      const turn = await tail.turn()
      if (interrupted) tell('resumed', { as_of: nowText() })
      interrupted = false
      return turn
    } catch (error) {
      if (!(error instanceof SluiceError && error.retryable)) throw error
      if (!interrupted)
        tell('interrupted', {
          since: nowText(),
          code: error.code,
          detail: 'Log or store cannot be read now. Nothing is missed: this goes on where it stopped.',
        })
      interrupted = true
      return null
    }
  }

  async function run(): Promise<void> {
    while (!ending.aborted) {
      const startMs = clock.monotonicMs()
      const turn = await tryTurn()
      if (ending.aborted) break
      const isSlow = stream.readableLength > MAX_WAITING_BYTES
      slowSinceMs = isSlow ? (slowSinceMs ?? startMs) : null
      if (slowSinceMs !== null && startMs - slowSinceMs > STUCK_MS) {
        stream.destroy()
        return
      }
      if (turn !== null) show(turn, isSlow)
      if (!isSlow) {
        // After what it covers: who comes back sees some of it twice rather than not at all.
        tellPosition()
        tellLeftOut()
        if (clock.monotonicMs() - lastPushMs >= HEARTBEAT_MS) push(toComment('heartbeat'))
      }
      const pauseMs = turn === null ? RETRY_MS : TURN_MS
      await delay(Math.max(0, pauseMs - (clock.monotonicMs() - startMs)), ending)
    }
    if (gone.signal.aborted) return
    tell('closing', { reason: 'shutting_down' })
    stream.push(null)
  }

  tell('open', { as_of: since, resumed, max_per_second: MAX_LIVE_PER_SECOND })
  push(toLastEventId(told))
  run().catch((error: unknown) => {
    log.error('live.failed', errorFields(error))
    if (stream.destroyed) return
    tell('closing', { reason: 'failed' })
    stream.push(null)
  })
  return stream
}
