import { setTimeout as sleep } from 'node:timers/promises'

export interface EventuallyOptions {
  /** How long the fact may take to become true; a minute unless given, as a busy machine costs a test its time and not its verdict. */
  readonly timeoutMs?: number
  /** How long to wait between two looks, where a look is dear; 10 ms unless given. */
  readonly pauseMs?: number
  /** What was waited for, said when it did not come. */
  readonly message?: string
}

/** Short beside what tests wait for (processes, notifications), long beside the cost of asking. */
const PAUSE_MS = 10

/**
 * Waits for a fact: asks again until `fact` does not throw and its answer is not false, null or undefined. The one allowed poll.
 * @returns the answer
 * @throws an Error when the time is over; its cause is what `fact` threw last
 */
export async function eventually<T>(
  fact: () => T | Promise<T>,
  { timeoutMs = 60_000, pauseMs = PAUSE_MS, message = 'the fact' }: EventuallyOptions = {},
): Promise<Exclude<T, false | null | undefined>> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    let cause: unknown
    try {
      const answer = await fact()
      if (answer !== false && answer !== null && answer !== undefined)
        return answer as Exclude<T, false | null | undefined>
      cause = new Error(`the last answer was ${answer}`)
    } catch (error) {
      cause = error
    }
    if (performance.now() >= deadline)
      throw new Error(`${message} did not come about within ${timeoutMs} ms`, { cause })
    await sleep(pauseMs)
  }
}
