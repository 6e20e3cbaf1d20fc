import type { AppendRecord } from './event-log.ts'
import { partitionOfKey } from './partition-of-key.ts'

/** Where each record of one append goes. */
export type Route = {
  /** Partitions, ascending, with the places of their records in the append. */
  parts: readonly { partition: number; indexes: readonly number[] }[]
  /** To be called once the append has ended, however it ended. */
  done(): void
}

/** Chooses partitions for appends to one topic. */
export interface PartitionLanes {
  /**
   * Routes an append and counts it as in flight; records with the same key go to one partition, keyless ones together to one.
   * @param isBlocked partitions that take nothing now; keyless records go there only when there is no other
   */
  route(records: readonly AppendRecord[], isBlocked?: (partition: number) => boolean): Route
}

/** Keyless appends take the partitions in turn, passing over those where an append of ours is under way, or none can be. */
export function createPartitionLanes(partitions: number): PartitionLanes {
  const inFlight = new Array<number>(partitions).fill(0)
  let cursor = 0

  const nextFree = (isBlocked: (partition: number) => boolean): number => {
    const burden = (partition: number) => (isBlocked(partition) ? Infinity : (inFlight[partition] ?? 0))
    let best = cursor
    for (let step = 0; step < partitions; step += 1) {
      const partition = (cursor + step) % partitions
      if (burden(partition) < burden(best)) best = partition
      if (burden(best) === 0) break
    }
    cursor = (best + 1) % partitions
    return best
  }
  const count = (parts: Route['parts'], by: 1 | -1) => {
    for (const { partition } of parts) inFlight[partition] = (inFlight[partition] ?? 0) + by
  }

  return {
    route(records, isBlocked = () => false) {
      const keyless = records.some((record) => record.key === null) ? nextFree(isBlocked) : -1
      const byPartition = new Map<number, number[]>()
      records.forEach((record, index) => {
        const partition = record.key === null ? keyless : partitionOfKey(record.key, partitions)
        const indexes = byPartition.get(partition)
        if (indexes) indexes.push(index)
        else byPartition.set(partition, [index])
      })
      const parts = [...byPartition]
        .map(([partition, indexes]) => ({ partition, indexes }))
        .sort((a, b) => a.partition - b.partition)
      count(parts, 1)
      return { parts, done: () => count(parts, -1) }
    },
  }
}
