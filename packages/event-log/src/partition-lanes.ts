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
  /** Routes an append and counts it as in flight; records with the same key go to one partition, keyless ones together to one. */
  route(records: readonly AppendRecord[]): Route
}

/** Keyless appends take the partitions in turn, passing over those where an append of ours is under way. */
export function createPartitionLanes(partitions: number): PartitionLanes {
  const inFlight = new Array<number>(partitions).fill(0)
  let cursor = 0

  const nextFree = (): number => {
    let best = cursor
    for (let step = 0; step < partitions; step += 1) {
      const partition = (cursor + step) % partitions
      if ((inFlight[partition] ?? 0) < (inFlight[best] ?? 0)) best = partition
      if (inFlight[best] === 0) break
    }
    cursor = (best + 1) % partitions
    return best
  }
  const count = (parts: Route['parts'], by: 1 | -1) => {
    for (const { partition } of parts) inFlight[partition] = (inFlight[partition] ?? 0) + by
  }

  return {
    route(records) {
      const keyless = records.some((record) => record.key === null) ? nextFree() : -1
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
