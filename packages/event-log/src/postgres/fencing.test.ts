import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { eventually } from '@sluice/runtime/testing/eventually'
import { aRecord, eventuallyHolding, groupOf, join, nextBatch, placesOf, take } from '#src/testing/harness.ts'
import { logDatabase } from '#src/testing/log-database.ts'
import type { MemberMessage } from '#src/testing/member-process.ts'
import { lockClassOf } from './membership.ts'

const MEMBER = fileURLToPath(new URL('../testing/member-process.ts', import.meta.url))

/** Starts a member in a process of its own and waits for its first batch. */
async function startMember(t: TestContext, url: string, topic: string, sessionTimeoutMs: number) {
  const child = fork(MEMBER, [url, topic, groupOf(topic), String(sessionTimeoutMs)], { execArgv: [] })
  const messages: MemberMessage[] = []
  child.on('message', (message) => messages.push(message as MemberMessage))
  t.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  await eventually(() => messages.some(({ type }) => type === 'batch'), { message: 'the first batch of the member' })
  return { child, messages }
}

test('a stopped member loses its partitions, and once it goes on it can commit nothing and learns of it', async (t) => {
  const database = await logDatabase(t)
  const topic = await database.testTopic(2)
  const log = database.open()
  placesOf(await log.append(topic, [aRecord('0'), aRecord('1'), aRecord('2')]))
  const zombie = await startMember(t, database.url, topic, 3_000)
  zombie.child.kill('SIGSTOP')

  const survivor = await join(t, log, topic)
  await eventuallyHolding([survivor], [2])
  await take(survivor, 3)
  placesOf(await log.append(topic, [aRecord('3')]))
  await take(survivor, 1)
  const before = await log.lag(topic, groupOf(topic))

  zombie.child.send('commit') // waits in the pipe, so that it is the first thing that the zombie does
  zombie.child.kill('SIGCONT')
  const answer = await eventually(() =>
    zombie.messages.find(({ type, ...rest }) => type === 'committed' || ('during' in rest && rest.during === 'commit')),
  )
  if (answer.type === 'committed') assert.deepEqual(answer.partitions, [])
  else assert.deepEqual(answer, { type: 'failed', during: 'commit', code: 'LOG_UNAVAILABLE' })
  await eventually(() => zombie.messages.some(({ type }) => type === 'revoked'))
  await eventually(() => zombie.messages.some((message) => message.type === 'failed' && message.during === 'next'))
  assert.deepEqual(await log.lag(topic, groupOf(topic)), before)
  assert.deepEqual(survivor.assigned(), [0, 1])
})

test('a killed member is taken over without waiting for its session timeout', async (t) => {
  const database = await logDatabase(t)
  const topic = await database.testTopic(2)
  const log = database.open()
  placesOf(await log.append(topic, [aRecord('0'), aRecord('1')]))
  const member = await startMember(t, database.url, topic, 600_000)
  const survivor = await join(t, log, topic)
  await eventuallyHolding([survivor], [1])
  member.child.kill('SIGKILL')
  await eventuallyHolding([survivor], [2])
  assert.equal((await take(survivor, 2)).length, 2, 'what the killed one had in hand is read again')
  await join(t, database.open(), topic)
  const members = await database.sql('SELECT member_id FROM log_group_members WHERE topic = $1', [topic])
  assert.equal(members.length, 2, 'who joins clears away what the killed one left')
})

test('a member whose connection is ended stops at once, and a new one goes on where it committed', async (t) => {
  const database = await logDatabase(t)
  const topic = await database.testTopic(1)
  const log = database.open()
  placesOf(await log.append(topic, [aRecord('0'), aRecord('1'), aRecord('2')]))
  const consumer = await join(t, log, topic, { maxRecords: 1 })
  await (await nextBatch(consumer)).commit()
  const inHand = await nextBatch(consumer)
  await database.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                       WHERE datname = current_database() AND pid <> pg_backend_pid()`)
  await eventually(() => inHand.revoked.aborted)
  await assert.rejects(nextBatch(consumer), { name: 'LogUnavailableError', retryable: true })
  assert.deepEqual(await inHand.commit(), [])
  assert.deepEqual(consumer.assigned(), [])

  await eventually(async () => (await log.append(topic, [aRecord('3')]))[0]?.type === 'done')
  // Other connections of the pool may hear of their end only now.
  const again = await eventually(() => join(t, log, topic, { maxRecords: 1 }))
  const [first] = await take(again, 1)
  assert.equal(first?.offset, 1n)
})

test('a member that gets no answer while it joins says so to whoever asked, who may ask again', async (t) => {
  const database = await logDatabase(t)
  const topic = await database.testTopic(1)
  // It gives up within 0.7 of its session.
  const log = database.open({ sessionTimeoutMs: 2_000 })
  const holder = await database.pool.connect()
  await holder.query('BEGIN; LOCK TABLE log_group_members IN ACCESS EXCLUSIVE MODE')
  const joining = assert.rejects(join(t, log, topic), { name: 'LogUnavailableError', retryable: true })
  await joining
  await holder.query('ROLLBACK')
  holder.release()
  await eventuallyHolding([await join(t, database.open(), topic)], [1])
})

test('a lock that no member of the group holds is left alone, and waited for', async (t) => {
  const database = await logDatabase(t)
  const topic = await database.testTopic(2)
  const [partition] = await database.sql<{ id: number }>('SELECT id FROM log_partitions WHERE topic = $1 LIMIT 1', [
    topic,
  ])
  const foreign = await database.pool.connect()
  database.defer(() => foreign.release(true))
  const key = [lockClassOf(groupOf(topic)), partition?.id]
  await foreign.query('SELECT pg_advisory_lock(($1::bigint << 32) | $2::int)', key)
  const consumer = await join(t, database.open(), topic)
  const beats = async () => {
    const [row] = await database.sql<{ at: Date }>('SELECT heartbeat_at AS at FROM log_group_members')
    return row?.at.getTime() ?? 0
  }
  const start = await beats()
  await eventually(async () => (await beats()) > start + 500) // a few rounds
  await eventuallyHolding([consumer], [1])
  await foreign.query('SELECT pg_advisory_unlock(($1::bigint << 32) | $2::int)', key)
  await eventuallyHolding([consumer], [2])
})

test('a member of a topic that was deleted ends, and appends go to the topic that was made again', async (t) => {
  const database = await logDatabase(t)
  const topic = await database.testTopic(1)
  const log = database.open()
  placesOf(await log.append(topic, [aRecord('old')]))
  const consumer = await join(t, log, topic)
  await (await nextBatch(consumer)).commit()
  await database.sql('DELETE FROM log_topics WHERE name = $1', [topic])
  await assert.rejects(nextBatch(consumer), { code: 'LOG_UNAVAILABLE' })
  await assert.rejects(log.append(topic, [aRecord('x')]), { code: 'UNKNOWN_TOPIC' })
  await database.sql('SELECT log_create_topic($1, 1)', [topic])
  assert.deepEqual(placesOf(await log.append(topic, [aRecord('new')])), [{ type: 'done', partition: 0, offset: 0n }])
  await take(await join(t, log, topic), 1)
})
