import type { Admin } from '@platformatic/kafka'
import type { KafkaTopic } from './topics.ts'

/** What `readOffsets` can ask for besides a time in ms. */
export const EARLIEST = -2n
export const LATEST = -1n

/**
 * An offset of each partition: the first one still there, the one that comes next, or the first one appended at or after a
 * time. Each leader is asked by itself, so that one that is away makes only its own partitions unknown.
 * @param at EARLIEST, LATEST or Unix time in ms
 * @returns by partition; unknown ones are missing; −1 when nothing was appended at or after the time
 * @throws what the client says, when no leader answered
 */
export async function readOffsets(
  admin: Admin,
  { name, partitions }: Pick<KafkaTopic, 'name' | 'partitions'>,
  at: bigint,
): Promise<ReadonlyMap<number, bigint>> {
  const metadata = await admin.metadata({ topics: [name], forceUpdate: true })
  const led = new Map<number, { partitionIndex: number; timestamp: bigint }[]>()
  for (let partitionIndex = 0; partitionIndex < partitions; partitionIndex += 1) {
    const leader = metadata.topics.get(name)?.partitions[partitionIndex]?.leader ?? -1
    if (!metadata.brokers.has(leader)) continue
    const asked = led.get(leader) ?? []
    asked.push({ partitionIndex, timestamp: at })
    led.set(leader, asked)
  }
  const answers = await Promise.allSettled(
    [...led.values()].map((asked) => admin.listOffsets({ topics: [{ name, partitions: asked }] })),
  )
  const [failure] = answers.filter(({ status }) => status === 'rejected')
  if (led.size === 0) throw new Error(`no partition of ${name} has a leader`)
  if (failure?.status === 'rejected' && answers.every(({ status }) => status === 'rejected')) throw failure.reason
  const offsets = new Map<number, bigint>()
  for (const answer of answers)
    if (answer.status === 'fulfilled')
      for (const topic of answer.value)
        for (const { partitionIndex, offset } of topic.partitions) offsets.set(partitionIndex, offset)
  return offsets
}

/**
 * What a group committed, by partition; partitions without a commit are missing. Nobody needs to be in the group.
 * @throws what the client says
 */
export async function readCommitted(
  admin: Admin,
  { name, partitions }: Pick<KafkaTopic, 'name' | 'partitions'>,
  groupId: string,
): Promise<ReadonlyMap<number, bigint>> {
  // Named one by one: else the broker leaves out those without a commit, and with them that they are there.
  const partitionIndexes = Array.from({ length: partitions }, (_, partition) => partition)
  const groups = await admin.listConsumerGroupOffsets({
    groups: [{ groupId, topics: [{ name, partitionIndexes }] }],
    requireStable: true,
  })
  const committed = new Map<number, bigint>()
  for (const topic of groups.flatMap((group) => group.topics))
    for (const { partitionIndex, committedOffset } of topic.partitions)
      if (committedOffset >= 0n) committed.set(partitionIndex, committedOffset)
  return committed
}
