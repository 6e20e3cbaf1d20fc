import type { FetchedPartition, PartitionReader } from './partition-reader.ts'

/** One partition, and how to read it. */
export type Source = { reader: PartitionReader; partition: number; maxBatchBytes: number }

/** Records are there: the wait only bounds what a broker may take to find that out. */
const MAX_WAIT_MS = 100

/** Fetches from one partition. @throws when it cannot be read now, or nobody waits any more */
export async function fetchOne(
  { reader, partition, maxBatchBytes }: Source,
  offset: bigint,
  maxBytes: number,
  signal: AbortSignal,
): Promise<FetchedPartition> {
  signal.throwIfAborted()
  const { topicId, byPartition } = await reader.leaders(false)
  const node = byPartition.get(partition)
  if (node === undefined) throw new Error(`partition ${partition} has no leader now`)
  const limits = { maxWaitMs: MAX_WAIT_MS, maxBytes, partitionBytes: Math.max(maxBytes, maxBatchBytes) }
  const [fetched] = await reader.fetch(node, topicId, [{ partition, offset }], limits)
  if (!fetched || fetched.error !== null) throw new Error(`the broker says ${fetched?.error} to partition ${partition}`)
  return fetched
}
