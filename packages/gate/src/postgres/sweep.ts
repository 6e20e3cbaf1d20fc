import type { Pool } from '@sluice/runtime/postgres'
import { QUESTION_LIMIT_MS } from '../timing.ts'
import { queryWithin } from './query.ts'

/** 64 blocks of 8 KiB take 0.6 to 2.2 ms: no admit waits noticeably for a step. */
const STEP_BLOCKS = 64

/** How long one round over the whole table takes at most, ms: claims are kept this much longer than they count. */
const ROUND_MS = 300_000

/** How long after a failure the next step is tried, ms. */
const AFTER_FAILURE_MS = 5_000

/**
 * Removes claims that are over and counts older than 24 h, in small steps, until it is disposed. Every process may run it: the
 * position is a row that one of them holds at a time.
 */
export function startSweep(pool: Pool, now: () => Date | null): AsyncDisposable {
  let timer: NodeJS.Timeout | null = null
  let step: Promise<void> = Promise.resolve()
  let isClosed = false

  async function takeStep(): Promise<number> {
    const rows = await queryWithin<{ pause_ms: number }>(pool, QUESTION_LIMIT_MS, {
      name: 'gate_sweep',
      text: 'SELECT gate_sweep($1, $2, $3) AS pause_ms',
      values: [STEP_BLOCKS, ROUND_MS, now()],
    })
    return rows[0]?.pause_ms ?? AFTER_FAILURE_MS
  }

  function schedule(pauseMs: number): void {
    if (isClosed) return
    timer = setTimeout(() => {
      // What is over counts for nothing, so a step that fails costs space only; that the engine is away is said by `admit`.
      step = takeStep()
        .catch(() => AFTER_FAILURE_MS)
        .then(schedule)
    }, pauseMs)
    timer.unref()
  }

  schedule(0)
  return {
    async [Symbol.asyncDispose]() {
      isClosed = true
      if (timer !== null) clearTimeout(timer)
      await step
    },
  }
}
