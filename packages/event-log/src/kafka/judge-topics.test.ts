import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TOPIC_PARTITIONS } from '@sluice/contract/topics'
import { judgeTopics } from './judge-topics.ts'
import type { TopicFacts } from './topic-facts.ts'

const aTopic = (name: string, overrides: Partial<TopicFacts> = {}): TopicFacts => ({
  name,
  partitions: name === 'events.raw' ? 6 : 3,
  leaderless: 0,
  replication: 3,
  brokers: 3,
  minInSyncReplicas: 2,
  retentionMs: 7 * 86_400_000,
  timestampType: 'LogAppendTime',
  maxMessageBytes: name === 'events.raw' ? 2_162_688 : 2_228_224,
  cleanupPolicy: 'delete',
  uncleanElection: false,
  ...overrides,
})

function judge(raw: Partial<TopicFacts>, dlq: Partial<TopicFacts> = {}) {
  const topics = [aTopic('events.raw', raw), aTopic('events.dlq', dlq)]
  return judgeTopics(TOPIC_PARTITIONS, new Map(topics.map((topic) => [topic.name, topic])))
}

test('topics as they should be draw one good word each', () => {
  const findings = judge({})
  assert.deepEqual(
    findings.map(({ subject, state, remedy }) => [subject, state, remedy]),
    [
      ['topic events.raw', 'ok', null],
      ['topic events.dlq', 'ok', null],
    ],
  )
  assert.match(
    findings[0]?.detail ?? '',
    /6 partitions on 3 brokers each, 2 of them in sync before 202, kept for 7\.0 days/,
  )
})

test('a topic that is missing is a fault, with the command that makes it', () => {
  const findings = judgeTopics(TOPIC_PARTITIONS, new Map([['events.raw', aTopic('events.raw')]]))
  const [, dlq] = findings
  assert.equal(dlq?.state, 'fault')
  assert.match(dlq?.remedy ?? '', /infra\/kafka-init\/create-topics\.sh.*KAFKA_CREATE_TOPICS=true/)
})

const blemishes: [string, Partial<TopicFacts>, 'warning' | 'fault', RegExp][] = [
  [
    'one replica',
    { replication: 1, minInSyncReplicas: 1 },
    'warning',
    /a broker disk that is lost takes accepted events/,
  ],
  ['one replica in sync is enough for it', { minInSyncReplicas: 1 }, 'warning', /202 may stand for one copy/],
  ['another number of partitions', { partitions: 3 }, 'warning', /has 3 partitions, 6 are meant/],
  ['the producers’ clocks', { timestampType: 'CreateTime' }, 'warning', /depend on the clocks of ingest/],
  ['compaction', { cleanupPolicy: 'compact,delete' }, 'warning', /removes events before they are settled/],
  ['unclean elections', { uncleanElection: true }, 'warning', /may become leader and lose accepted events/],
  ['partitions without a leader', { leaderless: 2 }, 'fault', /2 partitions have no leader/],
]

for (const [title, facts, state, detail] of blemishes)
  test(`tells of ${title}`, () => {
    const [finding] = judge(facts)
    assert.equal(finding?.state, state)
    assert.match(finding?.detail ?? '', detail)
    assert.ok(finding?.remedy)
  })

test('tells when dead letters at the limit do not fit whole', () => {
  const finding = judge({}, { maxMessageBytes: 2_162_688 }).at(-1)
  assert.deepEqual([finding?.subject, finding?.state], ['topic events.dlq', 'warning'])
  assert.match(finding?.remedy ?? '', /2228224 or more/)
})

test('says nothing about settings that it may not read', () => {
  const hidden = {
    minInSyncReplicas: null,
    retentionMs: null,
    timestampType: null,
    maxMessageBytes: null,
    cleanupPolicy: null,
    uncleanElection: null,
  }
  assert.ok(judge(hidden, hidden).every(({ state }) => state === 'ok'))
})
