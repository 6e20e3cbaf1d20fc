import type { Batch, LogRecord } from './event-log.ts'

/**
 * One period in which a partition is ours. A partition that is lost and won again gets a new holding, so what was read
 * in the old period can never be committed in the new one.
 */
export type Holding = { readonly partition: number; ours: boolean }

export type CommitPosition<H extends Holding> = { holding: H; next: bigint }

type InHand<H extends Holding> = {
  positions: readonly CommitPosition<H>[]
  revoked: AbortController
  committing: Promise<readonly number[]> | null
}

/** The batches that a consumer gave and that are not yet committed, in the order in which it gave them. */
export interface BatchesInHand<H extends Holding> {
  /** Makes a batch of records that are ascending within each partition; every record's partition is in `holdings`. */
  give(records: readonly LogRecord[], holdings: readonly H[]): Batch
  /** What the batches in hand hold records of. */
  holdings(): ReadonlySet<H>
  /** The holding has ended: tells the batches that hold its records. Harmless when repeated. */
  revoke(holding: H): void
}

/**
 * @param commitPositions writes positions of partitions that are ours, and returns those it wrote: what is lost meanwhile is
 *   left out; called for one batch after the other
 */
export function createBatchesInHand<H extends Holding>(
  topicGeneration: string,
  commitPositions: (positions: readonly CommitPosition<H>[]) => Promise<readonly CommitPosition<H>[]>,
): BatchesInHand<H> {
  const inHand: InHand<H>[] = []
  let changed = Promise.withResolvers<void>()

  const tellChange = () => {
    changed.resolve()
    changed = Promise.withResolvers<void>()
  }
  const remove = (batch: InHand<H>) => {
    const index = inHand.indexOf(batch)
    if (index >= 0) inHand.splice(index, 1)
    tellChange()
  }
  const oursIn = (batch: InHand<H>) => batch.positions.filter((position) => position.holding.ours)
  const mustWait = (batch: InHand<H>): boolean => {
    const wanted = new Set(oursIn(batch).map((position) => position.holding))
    return inHand
      .slice(0, inHand.indexOf(batch))
      .some((earlier) => earlier.positions.some(({ holding }) => wanted.has(holding)))
  }
  const commit = async (batch: InHand<H>): Promise<readonly number[]> => {
    while (mustWait(batch)) await changed.promise
    const positions = oursIn(batch)
    const written = positions.length > 0 ? await commitPositions(positions) : []
    remove(batch)
    return written.map((position) => position.holding.partition).sort((a, b) => a - b)
  }

  return {
    give(records, holdings) {
      const last = new Map<number, bigint>()
      for (const record of records) last.set(record.partition, record.offset)
      const positions = holdings.flatMap((holding) => {
        const offset = last.get(holding.partition)
        return offset === undefined ? [] : [{ holding, next: offset + 1n }]
      })
      const batch: InHand<H> = { positions, revoked: new AbortController(), committing: null }
      inHand.push(batch)
      if (positions.some(({ holding }) => !holding.ours)) batch.revoked.abort()
      return {
        records,
        topicGeneration,
        revoked: batch.revoked.signal,
        commit() {
          batch.committing ??= commit(batch).catch((error: unknown) => {
            batch.committing = null
            throw error
          })
          return batch.committing
        },
      }
    },
    holdings: () => new Set(inHand.flatMap(({ positions }) => positions.map(({ holding }) => holding))),
    revoke(holding) {
      holding.ours = false
      tellChange()
      for (const batch of inHand)
        if (batch.positions.some((position) => position.holding === holding)) batch.revoked.abort()
      // A batch of which nothing is ours any more has nothing left to commit and keeps nobody waiting.
      for (const batch of [...inHand]) if (oursIn(batch).length === 0) remove(batch)
    },
  }
}
