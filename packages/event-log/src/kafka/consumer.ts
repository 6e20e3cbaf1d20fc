// A member of a group on Kafka.
//
// The client keeps the membership and its heartbeats; what is read, from where, and what may be committed is ours. A
// partition that stays ours from one generation to the next stays the same holding: nobody else can have had it between.
// After any other change it starts anew, from its committed offset.
//
// Ridden out: rebalances, leaders that move, a coordinator that moves, connections that break, a broker that is away for
// less than 3 s. Beyond that `next` throws; whoever consumes anew goes on under the same member id as soon as the
// coordinator answers, without waiting for the old session to run out.
import { type Admin, FindCoordinatorKeyTypes } from '@platformatic/kafka'
import { delay } from '@sluice/runtime/backoff'
import type { Logger } from '@sluice/runtime/logger'
import { unlessAborted } from '@sluice/runtime/unless-aborted'
import type { CommitPosition } from '#src/batches-in-hand.ts'
import { type Assigned, createConsumerCore } from '#src/consumer-core.ts'
import { type ConsumeOptions, type Consumer, LogUnavailableError } from '#src/event-log.ts'
import { ask } from './ask.ts'
import type { KafkaConnection } from './connection.ts'
import { createFetcher } from './fetcher.ts'
import { type Assignment, createGroupMember } from './group-member.ts'
import { innermostError } from './kafka-errors.ts'
import { EARLIEST, readCommitted, readOffsets } from './offsets.ts'
import { openPartitionReader } from './partition-reader.ts'
import type { KafkaTopic } from './topics.ts'

export type KafkaConsumerSettings = {
  connection: KafkaConnection
  clientId: string
  admin: Admin
  topic: KafkaTopic
  options: ConsumeOptions
  /** A member silent for this long loses its partitions, in ms. */
  sessionTimeoutMs: number
  heartbeatMs: number
  /** Member ids that were left behind when the coordinator could not be told. */
  leftBehind: string[]
  log: Pick<Logger, 'warn'>
  /** The consumer is over, by `close` or by a failure. */
  onEnd: () => void
}

/** No broker answers anything for this long: the consumer is of no use, and says so soon enough for readiness (5 s). */
const SILENCE_LIMIT_MS = 3_000
/** Longer than the election of a leader when the controller is lost with it (10 to 20 s seen); the other partitions go on. */
const UNREADABLE_LIMIT_MS = 30_000
/** The share of the session after which a member that heard nothing commits nothing: others may take over at the end of it. */
const FRESH_SHARE = 0.7
const WATCH_MS = 250
const ASK_LIMIT_MS = 3_500
const AGAIN_MS = 200
/** How long a commit tries while the coordinator does not answer; it may be asked for again. */
const COMMIT_LIMIT_MS = 5_000
const REMOVE_LIMIT_MS = 1_000

/**
 * @throws {LogUnavailableError} retryable: the group's coordinator does not answer
 */
export async function openKafkaConsumer(settings: KafkaConsumerSettings): Promise<Consumer> {
  const { connection, clientId, admin, topic, options, sessionTimeoutMs, heartbeatMs, leftBehind, log } = settings
  const about = `(${options.group} on ${topic.name})`
  const over = new AbortController()
  const unavailable = (purpose: string, cause?: unknown) =>
    new LogUnavailableError(`${purpose} ${about}`, cause === undefined ? {} : { cause: innermostError(cause) })

  await ask(`finding the coordinator ${about}`, ASK_LIMIT_MS, (signal) => findCoordinator(admin, options.group, signal))

  const reader = openPartitionReader(connection, clientId, topic.name)
  const core = createConsumerCore({
    options,
    topicGeneration: topic.id,
    read: async (assigned) => fetcher.take(assigned),
    paceMs: 0, // the fetcher keeps it, so that brokers are asked less often, too
    commitPositions,
    pollMs: 1_000, // every answer with records wakes; this only keeps a waiting process alive
    onFailed(error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : undefined
      log.warn('log.consumer_lost', { topic: topic.name, group: options.group, error: String(error), cause })
      void end()
    },
  })
  const fetcher = createFetcher({
    reader,
    options,
    maxBatchBytes: topic.maxBatchBytes,
    topicId: topic.id,
    async readStart(partition) {
      const start = (await readOffsets(admin, topic, EARLIEST)).get(partition)
      if (start === undefined) throw new Error(`where partition ${partition} starts is not known`)
      log.warn('log.offset_out_of_range', {
        topic: topic.name,
        group: options.group,
        partition,
        restart_at: String(start),
      })
      return start
    },
    wake: () => core.wake(),
    onGone: () => core.end(unavailable('the topic was deleted or made again')),
  })
  const member = createGroupMember({
    connection,
    clientId,
    topic: topic.name,
    group: options.group,
    memberId: leftBehind.pop() ?? null,
    sessionTimeoutMs,
    heartbeatMs,
    onAssignment: (assignment) => void takeOver(assignment),
    remove: (memberId) =>
      ask(`leaving ${about}`, REMOVE_LIMIT_MS, () =>
        admin.removeMembersFromConsumerGroup({ groupId: options.group, members: [{ memberId }] }),
      ),
  })

  let last: Assignment | null = null
  async function takeOver(assignment: Assignment): Promise<void> {
    const { generation, memberId, partitions } = assignment
    const isNext = last?.memberId === memberId && (generation === last.generation || generation === last.generation + 1)
    last = assignment
    for (const holding of core.held()) if (!isNext || !partitions.includes(holding.partition)) core.revoke(holding)
    const held = core.held().map(({ partition }) => partition)
    const fresh = partitions.filter((partition) => !held.includes(partition))
    while (fresh.length > 0 && last === assignment && !core.ended()) {
      const places = await ask(`finding where to start ${about}`, ASK_LIMIT_MS, () => findPlaces(fresh)).catch(
        () => null,
      )
      if (last !== assignment) return
      if (places !== null) return core.assign(places)
      // That it fails for long is noticed by whoever watches the brokers' answers.
      await delay(AGAIN_MS, over.signal)
    }
  }
  async function findPlaces(partitions: readonly number[]) {
    const [starts, committed] = await Promise.all([
      readOffsets(admin, topic, EARLIEST),
      readCommitted(admin, topic, options.group),
    ])
    return partitions.map((partition) => {
      const start = starts.get(partition)
      if (start === undefined) throw new Error(`partition ${partition} has no leader`)
      return { partition, start, committed: committed.get(partition) ?? null }
    })
  }

  const isFresh = () => performance.now() - member.aliveAt() < FRESH_SHARE * sessionTimeoutMs
  async function commitPositions(positions: readonly CommitPosition<Assigned>[]) {
    const deadline = performance.now() + COMMIT_LIMIT_MS
    let cause: unknown
    for (;;) {
      const ours = positions.filter(({ holding }) => holding.ours)
      if (ours.length === 0) return []
      const assigned = member.nextAssignment()
      try {
        // Between two generations it is open what is ours; a member that heard nothing may not be one any more.
        if (!member.isSettled()) await assigned
        else if (isFresh()) {
          const given = ours.map(({ holding, next }) => ({ partition: holding.partition, next }))
          const answer = await unlessAborted(over.signal, member.commit(given))
          if (answer === 'committed') return ours
          await assigned
        } else await delay(AGAIN_MS, over.signal)
      } catch (error) {
        cause = error
        await delay(AGAIN_MS, over.signal)
      }
      if (performance.now() > deadline) throw unavailable('committing offsets', cause)
    }
  }

  let staleRounds = 0
  /** What makes the consumer useless; null while nothing does. */
  const fault = (): LogUnavailableError | null => {
    const now = performance.now()
    const unread = fetcher.failing()
    if (unread !== null && unread.forMs > UNREADABLE_LIMIT_MS)
      return unavailable(`partition ${unread.partition} could not be read for ${UNREADABLE_LIMIT_MS} ms`, unread.cause)
    const unjoined = member.failing()
    if (unjoined !== null && unjoined.forMs > SILENCE_LIMIT_MS) return unavailable('joining', unjoined.cause)
    const fetching = fetcher.waitingSince()
    const answeredAt = Math.max(member.aliveAt(), fetching ?? 0)
    const isAsking = member.isSettled() || fetching !== null
    // Twice in a row: after the process itself stood still, answers that are there already are read first.
    const isStale = (isAsking && now - answeredAt > SILENCE_LIMIT_MS) || (member.isSettled() && !isFresh())
    staleRounds = isStale ? staleRounds + 1 : 0
    return staleRounds < 2 ? null : unavailable('no broker answers', unread?.cause)
  }
  const watch = setInterval(() => {
    const error = core.ended() ? null : fault()
    if (error !== null) core.end(error)
  }, WATCH_MS)

  let ending: Promise<void> | undefined
  function end(): Promise<void> {
    ending ??= (async () => {
      over.abort()
      clearInterval(watch)
      fetcher.close()
      const [memberId] = await Promise.all([member.close(), reader.close()])
      if (memberId !== null) leftBehind.push(memberId)
      settings.onEnd()
    })()
    return ending
  }
  const close = async () => {
    core.end(null)
    await end()
  }

  member.start()
  return {
    next: () => core.next(),
    assigned: () => core.held().map((holding) => holding.partition),
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** The first group of a cluster makes its topic first, which takes a moment. */
async function findCoordinator(admin: Admin, group: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await admin.findCoordinator({ keyType: FindCoordinatorKeyTypes.GROUP, keys: [group] })
      return
    } catch (error) {
      if (signal.aborted) throw error
      await delay(AGAIN_MS, signal)
    }
  }
}
