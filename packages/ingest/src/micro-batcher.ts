import type { Clock } from '@sluice/runtime/clock'

/** Something that waits for its outcome; told exactly once. */
export type Waiting<Item, Outcome> = { readonly item: Item; readonly bytes: number; settle(outcome: Outcome): void }

export type MicroBatcherOptions<Item, Outcome> = {
  run: (items: readonly Item[]) => Promise<readonly Outcome[]>
  /** What an item gets that waited longer than `maxWaitMs` for a free lane: it was never handed to `run`. */
  expired: Outcome
  /** What every item of a batch gets when `run` throws: whether anything happened is unknown. */
  failed: (error: unknown) => Outcome
  clock: Clock
  maxItems: number
  maxBytes: number
  /** Batches that may be under way at once. While all lanes are taken the next batch grows. */
  lanes: number
  /** How long a batch that is small beside what is under way waits to grow before it takes a lane, ms. */
  growMs: number
  maxWaitMs: number
}

export type MicroBatcher<Item, Outcome> = {
  submit(waiting: Waiting<Item, Outcome>): void
  /** Items handed in and not settled yet. */
  pending(): number
  /** Settles what still waits for a lane as expired; what is under way ends by itself. */
  abandon(): void
}

type Queued<Item, Outcome> = { waiting: Waiting<Item, Outcome>; since: number }

/**
 * Lets what arrives in one turn of the event loop travel together. An item alone leaves at the end of its turn; under load batches grow
 * by themselves, while the lanes are taken or for some milliseconds while they are small beside what is under way.
 */
export function createMicroBatcher<Item, Outcome>(
  options: MicroBatcherOptions<Item, Outcome>,
): MicroBatcher<Item, Outcome> {
  const { run, expired, failed, clock, maxItems, maxBytes, lanes, growMs, maxWaitMs } = options
  let queue: Queued<Item, Outcome>[] = []
  let busyLanes = 0
  let underWay = 0
  let scheduled = false

  function take(): Waiting<Item, Outcome>[] {
    let bytes = 0
    let count = 0
    while (count < queue.length && count < maxItems) {
      bytes += queue[count]?.waiting.bytes ?? 0
      if (bytes > maxBytes && count > 0) break
      count += 1
    }
    return queue.splice(0, count).map(({ waiting }) => waiting)
  }

  async function runBatch(batch: readonly Waiting<Item, Outcome>[]): Promise<void> {
    busyLanes += 1
    underWay += batch.length
    let outcomes: readonly Outcome[]
    try {
      outcomes = await run(batch.map(({ item }) => item))
    } catch (error) {
      const outcome = failed(error)
      outcomes = batch.map(() => outcome)
    }
    busyLanes -= 1
    underWay -= batch.length
    // Answers are written in one turn of the loop: about half the kernel crossings of one turn each.
    for (const [index, waiting] of batch.entries()) waiting.settle(outcomes[index] as Outcome)
    if (queue.length > 0) schedule()
  }

  function expire(nowMs: number): void {
    const late = queue.findIndex(({ since }) => nowMs - since <= maxWaitMs)
    const gone = queue.splice(0, late === -1 ? queue.length : late)
    for (const { waiting } of gone) waiting.settle(expired)
  }

  function dispatch({ isGrown = false } = {}): void {
    if (queue.length > 0) expire(clock.monotonicMs())
    while (queue.length > 0 && busyLanes < lanes && (isGrown || isWorthALane())) void runBatch(take())
    if (queue.length === 0) {
      stopGrowing()
      return
    }
    watchQueue()
    if (busyLanes < lanes) letGrow()
  }

  /**
   * Small batches beget small batches: each takes about the time of a large one, and what its answers bring back leaves as a small one
   * again. So a batch waits while it is less than half of what is under way, but never long.
   */
  const isWorthALane = () => queue.length >= Math.min(maxItems, underWay / 2)

  let growing: NodeJS.Timeout | undefined
  function letGrow(): void {
    growing ??= setTimeout(() => {
      growing = undefined
      dispatch({ isGrown: true })
    }, growMs)
  }

  function stopGrowing(): void {
    clearTimeout(growing)
    growing = undefined
  }

  function schedule(): void {
    if (scheduled) return
    scheduled = true
    setImmediate(() => {
      scheduled = false
      dispatch()
    })
  }

  let watching = false
  /** While every lane is taken nothing else would tell an item that its time is over. */
  function watchQueue(): void {
    if (watching) return
    watching = true
    setTimeout(() => {
      watching = false
      expire(clock.monotonicMs())
      if (queue.length > 0) watchQueue()
    }, maxWaitMs / 2).unref()
  }

  return {
    submit(waiting) {
      queue.push({ waiting, since: clock.monotonicMs() })
      schedule()
    },
    pending: () => queue.length + underWay,
    abandon() {
      const gone = queue
      queue = []
      for (const { waiting } of gone) waiting.settle(expired)
    },
  }
}
