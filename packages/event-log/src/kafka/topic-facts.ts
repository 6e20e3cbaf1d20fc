import type { Admin } from '@platformatic/kafka'
import { topicSettings } from './topics.ts'

/** How a topic stands in the cluster. A setting is null when we may not read it. */
export type TopicFacts = {
  name: string
  partitions: number
  leaderless: number
  replication: number
  brokers: number
  minInSyncReplicas: number | null
  retentionMs: number | null
  timestampType: string | null
  maxMessageBytes: number | null
  cleanupPolicy: string | null
  uncleanElection: boolean | null
}

/** The facts of the topics that are there. @throws what the client says */
export async function readTopicFacts(admin: Admin, names: readonly string[]): Promise<ReadonlyMap<string, TopicFacts>> {
  const there = new Set(await admin.listTopics({}))
  const found = names.filter((name) => there.has(name))
  if (found.length === 0) return new Map()
  const [metadata, settings] = await Promise.all([
    admin.metadata({ topics: found, forceUpdate: true }),
    topicSettings(admin, found),
  ])
  return new Map(
    found.map((name) => {
      const partitions = metadata.topics.get(name)?.partitions ?? []
      const text = (setting: string) => settings.get(name)?.get(setting) ?? null
      const number = (setting: string) => (text(setting) === null ? null : Number(text(setting)))
      const unclean = text('unclean.leader.election.enable')
      const facts: TopicFacts = {
        name,
        partitions: partitions.length,
        leaderless: partitions.filter(({ leader }) => leader < 0).length,
        replication: Math.min(...partitions.map(({ replicas }) => replicas.length)),
        brokers: metadata.brokers.size,
        minInSyncReplicas: number('min.insync.replicas'),
        retentionMs: number('retention.ms'),
        timestampType: text('message.timestamp.type'),
        maxMessageBytes: number('max.message.bytes'),
        cleanupPolicy: text('cleanup.policy'),
        uncleanElection: unclean === null ? null : unclean === 'true',
      }
      return [name, facts]
    }),
  )
}
