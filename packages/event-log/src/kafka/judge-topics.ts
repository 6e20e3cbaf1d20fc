import { DLQ_TOPIC, RAW_TOPIC } from '@sluice/contract/topics'
import type { Finding } from '@sluice/runtime/finding'
import { DLQ_ROOM_BYTES } from './create-topics.ts'
import type { TopicFacts } from './topic-facts.ts'

export const MAKE_TOPICS = 'run infra/kafka-init/create-topics.sh, or set KAFKA_CREATE_TOPICS=true'
const DAY_MS = 86_400_000

const finding = (subject: string, state: Finding['state'], detail: string, remedy: string | null): Finding => ({
  subject,
  state,
  detail,
  remedy,
})

/**
 * What is to be said about topics: at least one finding for each of them.
 * @param wanted how many partitions each should have
 */
export function judgeTopics(
  wanted: Readonly<Record<string, number>>,
  facts: ReadonlyMap<string, TopicFacts>,
): readonly Finding[] {
  const judged = Object.entries(wanted).flatMap(([name, partitions]) => {
    const topic = facts.get(name)
    if (!topic) return [finding(`topic ${name}`, 'fault', 'it does not exist', MAKE_TOPICS)]
    const blemishes = judgeTopic(topic, partitions)
    return blemishes.length > 0 ? blemishes : [finding(`topic ${name}`, 'ok', describeTopic(topic), null)]
  })
  return [...judged, ...judgeRoom(facts)]
}

function describeTopic({ partitions, replication, minInSyncReplicas, retentionMs }: TopicFacts): string {
  const retention =
    retentionMs === null || retentionMs < 0 ? 'for ever' : `for ${(retentionMs / DAY_MS).toFixed(1)} days`
  return `${partitions} partitions on ${replication} brokers each, ${minInSyncReplicas ?? '?'} of them in sync before 202, kept ${retention}`
}

function judgeTopic(topic: TopicFacts, wantedPartitions: number): Finding[] {
  const subject = `topic ${topic.name}`
  const found: Finding[] = []
  const set = (setting: string) =>
    `kafka-configs.sh --alter --entity-type topics --entity-name ${topic.name} --add-config ${setting}`
  const warn = (detail: string, remedy: string) => void found.push(finding(subject, 'warning', detail, remedy))
  if (topic.leaderless > 0)
    found.push(
      finding(subject, 'fault', `${topic.leaderless} partitions have no leader`, 'bring the missing brokers back'),
    )
  if (topic.partitions !== wantedPartitions)
    warn(
      `it has ${topic.partitions} partitions, ${wantedPartitions} are meant`,
      'that many processors can share the work at most',
    )
  if (topic.replication < 2)
    warn(
      'it has one replica: a broker disk that is lost takes accepted events with it',
      'use three brokers and replication factor 3',
    )
  else if (topic.minInSyncReplicas !== null && topic.minInSyncReplicas < 2)
    warn('202 may stand for one copy only', set('min.insync.replicas=2'))
  if (topic.timestampType !== null && topic.timestampType !== 'LogAppendTime')
    warn('ages and retention depend on the clocks of ingest', set('message.timestamp.type=LogAppendTime'))
  if (topic.cleanupPolicy?.includes('compact'))
    warn('compaction removes events before they are settled', set('cleanup.policy=delete'))
  if (topic.uncleanElection === true)
    warn(
      'a broker that lags behind may become leader and lose accepted events',
      set('unclean.leader.election.enable=false'),
    )
  return found
}

/** A dead letter is its record and more headers. */
function judgeRoom(facts: ReadonlyMap<string, TopicFacts>): Finding[] {
  const [raw, dlq] = [facts.get(RAW_TOPIC)?.maxMessageBytes, facts.get(DLQ_TOPIC)?.maxMessageBytes]
  if (raw == null || dlq == null || dlq >= raw + DLQ_ROOM_BYTES) return []
  const detail = `the largest records of ${RAW_TOPIC} do not fit into it with the reason of their failure`
  const remedy = `set its max.message.bytes to ${raw + DLQ_ROOM_BYTES} or more`
  return [finding(`topic ${DLQ_TOPIC}`, 'warning', detail, remedy)]
}
