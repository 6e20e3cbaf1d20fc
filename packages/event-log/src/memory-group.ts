import { type Assigned, type ConsumerCore, createConsumerCore } from './consumer-core.ts'
import type { ConsumeOptions, Consumer, LogRecord } from './event-log.ts'
import { fairShare } from './fair-share.ts'

/** A consumer group of one topic in memory. */
export interface MemoryGroup {
  join(options: ConsumeOptions): Consumer
  committed(partition: number): bigint | null
  /** Something was appended. */
  wake(): void
}

export function createMemoryGroup(partitions: readonly LogRecord[][], topicGeneration: string): MemoryGroup {
  const offsets = new Map<number, bigint>()
  const members: ConsumerCore[] = []

  const rebalance = () => {
    const shareOf = (elders: number) => fairShare(partitions.length, members.length, elders)
    members.forEach((member, elders) => {
      for (const holding of member.held().slice(shareOf(elders))) member.revoke(holding)
    })
    const taken = new Set(members.flatMap((member) => member.held().map((holding) => holding.partition)))
    const free = partitions.map((_, partition) => partition).filter((partition) => !taken.has(partition))
    members.forEach((member, elders) => {
      const given = free.splice(0, shareOf(elders) - member.held().length)
      member.assign(given.map((partition) => ({ partition, start: 0n, committed: offsets.get(partition) ?? null })))
    })
  }
  const leave = (member: ConsumerCore) => {
    const index = members.indexOf(member)
    if (index < 0) return
    members.splice(index, 1)
    if (members.length > 0) rebalance()
  }
  const read = (assigned: readonly Assigned[], { maxRecords, maxBytes }: ConsumeOptions): readonly LogRecord[] => {
    const batch: LogRecord[] = []
    let bytes = 0
    for (const { partition, position } of assigned) {
      const records = partitions[partition] ?? []
      for (let at = Number(position); at < records.length; at += 1) {
        const record = records[at] as LogRecord
        bytes += record.value.length
        if (batch.length >= maxRecords || (bytes > maxBytes && batch.length > 0)) return batch
        batch.push(record)
      }
    }
    return batch
  }

  return {
    join(options) {
      const core = createConsumerCore({
        options,
        topicGeneration,
        read: async (assigned) => read(assigned, options),
        async commitPositions(positions) {
          for (const { holding, next } of positions) offsets.set(holding.partition, next)
          return positions
        },
        pollMs: 1_000, // every append wakes; this only keeps a waiting process alive
        onFailed: () => leave(core),
      })
      members.push(core)
      rebalance()
      const close = async () => {
        core.end(null)
        leave(core)
      }
      return {
        next: () => core.next(),
        assigned: () => core.held().map((holding) => holding.partition),
        close,
        [Symbol.asyncDispose]: close,
      }
    },
    committed: (partition) => offsets.get(partition) ?? null,
    wake() {
      for (const member of members) member.wake()
    },
  }
}
