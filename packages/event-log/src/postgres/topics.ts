import type { Pool } from '@sluice/runtime/postgres'
import { UnknownTopicError } from '#src/event-log.ts'
import { createPartitionLanes, type PartitionLanes } from '#src/partition-lanes.ts'
import { ask } from './ask.ts'

export type Topic = {
  name: string
  generation: string
  /** The id of each partition, by its number. */
  partitionIds: readonly number[]
  lanes: PartitionLanes
}

/** Knows topics and remembers them: their partitions never change while they live. */
export interface Topics {
  /** @throws {UnknownTopicError} @throws {LogUnavailableError} */
  find(name: string): Promise<Topic>
  /** The topic turned out to be gone; the next `find` asks again. */
  forget(name: string): void
}

export function createTopics(pool: Pool): Topics {
  const known = new Map<string, Topic>()
  return {
    async find(name) {
      const remembered = known.get(name)
      if (remembered) return remembered
      const rows = await ask<{ generation: string; id: number }>(pool, `looking up topic ${name}`, {
        text: `SELECT t.generation, p.id FROM log_topics t JOIN log_partitions p ON p.topic = t.name
                WHERE t.name = $1 ORDER BY p.partition`,
        values: [name],
      })
      const [first] = rows
      if (!first) throw new UnknownTopicError(name)
      const partitionIds = rows.map((row) => row.id)
      const topic = { name, generation: first.generation, partitionIds, lanes: createPartitionLanes(rows.length) }
      known.set(name, topic)
      return topic
    },
    forget: (name) => void known.delete(name),
  }
}
