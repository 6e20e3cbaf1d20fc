// One membership in a consumer group, on the classic protocol.
//
//   joining → member ⇄ joining again (a rebalance, or the coordinator forgot us) → lost | left
//
// The coordinator decides: it refuses the commit of a member whose generation is over. The client must not undo that by
// joining anew and committing the old offsets then, as it does when it may retry: so it never may.
import { Consumer } from '@platformatic/kafka'
import { delay } from '@sluice/runtime/backoff'
import { assignPartitions } from './assign-partitions.ts'
import { closeInTime } from './close-in-time.ts'
import { clientOptions, ignoreConnectionErrorsOf, type KafkaConnection } from './connection.ts'
import { hasApiId } from './kafka-errors.ts'

export type Assignment = { generation: number; memberId: string; partitions: readonly number[] }

export type CommitAnswer = 'committed' | 'rebalancing'

export interface GroupMember {
  /** Joins in the background, and again whenever a rebalance asks for it. */
  start(): void
  /** Whether no rebalance is under way, as far as we know. */
  isSettled(): boolean
  /** Resolves at the next assignment, or when the membership is over. */
  nextAssignment(): Promise<void>
  /**
   * Commits in the present generation.
   * @returns `rebalancing` when the coordinator has moved on: nothing was committed, an assignment follows
   * @throws what the client says
   */
  commit(positions: readonly { partition: number; next: bigint }[]): Promise<CommitAnswer>
  /** When the coordinator last answered, by the monotonic clock. */
  aliveAt(): number
  /** For how long joining has failed, in ms, with the last error; null when it is under way or done. */
  failing(): { forMs: number; cause: unknown } | null
  /** Leaves, so that others take over at once; within 1.5 s. @returns the id under which we may still be a member */
  close(): Promise<string | null>
}

/** Errors with which the coordinator says that another generation has begun, or that it does not know us. */
const MOVED_ON = [
  'REBALANCE_IN_PROGRESS',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'FENCED_INSTANCE_ID',
  'MEMBER_ID_REQUIRED',
]
const JOIN_AGAIN_MS = 200
/** The coordinator gives an id within milliseconds. */
const ID_LIMIT_MS = 500
const ID_PAUSE_MS = 10

export function createGroupMember({
  connection,
  clientId,
  topic,
  group,
  memberId,
  sessionTimeoutMs,
  heartbeatMs,
  onAssignment,
  remove,
}: {
  connection: KafkaConnection
  clientId: string
  topic: string
  group: string
  /** An id that an earlier membership of ours left behind: taking it over saves waiting until it runs out. */
  memberId: string | null
  sessionTimeoutMs: number
  heartbeatMs: number
  onAssignment: (assignment: Assignment) => void
  /** Takes a member out of the group over another connection, in time. */
  remove: (memberId: string) => Promise<void>
}): GroupMember {
  const consumer = new Consumer({
    ...clientOptions(connection, clientId),
    groupId: group,
    partitionAssigner: assignPartitions,
    autocommit: false,
    retries: 0,
    sessionTimeout: sessionTimeoutMs,
    // Members join again by themselves within a heartbeat; only a silent one is waited for, and its session runs out.
    rebalanceTimeout: sessionTimeoutMs,
    heartbeatInterval: heartbeatMs,
    // JoinGroup is answered when all have joined.
    requestTimeout: sessionTimeoutMs + 2_000,
  })
  consumer.topics.track(topic)
  consumer.memberId = memberId
  const closed = new AbortController()
  let aliveAt = performance.now()
  let joining = false
  let failure: { since: number; cause: unknown } | null = null
  let assigned = Promise.withResolvers<void>()

  const tell = () => {
    assigned.resolve()
    assigned = Promise.withResolvers<void>()
  }
  const join = async () => {
    if (joining) return
    joining = true
    while (!closed.signal.aborted && !consumer.isActive()) {
      try {
        await consumer.joinGroup({})
        failure = null
      } catch (cause) {
        if (hasApiId(cause, ...MOVED_ON)) {
          aliveAt = performance.now()
          failure = null
        } else failure = { since: failure?.since ?? performance.now(), cause }
        await delay(JOIN_AGAIN_MS, closed.signal)
      }
    }
    joining = false
  }
  consumer.on('consumer:heartbeat:end', () => {
    aliveAt = performance.now()
  })
  consumer.on('consumer:group:join', ({ generationId = -1, memberId: id, assignments = [] }) => {
    aliveAt = performance.now()
    const partitions = assignments.flatMap((assignment) => (assignment.topic === topic ? assignment.partitions : []))
    onAssignment({ generation: generationId, memberId: id, partitions })
    tell()
  })
  // Joining again by itself failed: from there on the client does nothing more.
  consumer.on('error', () => void join())
  ignoreConnectionErrorsOf(consumer)

  return {
    start: () => void join(),
    isSettled: () => consumer.isActive(),
    nextAssignment: () => assigned.promise,
    async commit(positions) {
      try {
        await consumer.commit({
          offsets: positions.map(({ partition, next }) => ({ topic, partition, offset: next, leaderEpoch: -1 })),
        })
        return 'committed'
      } catch (error) {
        if (hasApiId(error, ...MOVED_ON)) return 'rebalancing'
        throw error
      }
    },
    aliveAt: () => aliveAt,
    failing: () => failure && { forMs: performance.now() - failure.since, cause: failure.cause },
    async close() {
      closed.abort()
      // An id that the coordinator gave and never hears of again blocks the next rebalance until its session runs out.
      for (const limit = performance.now() + ID_LIMIT_MS; joining && consumer.memberId === null; )
        if (performance.now() > limit) break
        else await delay(ID_PAUSE_MS)
      const id = consumer.memberId
      // With the coordinator away leaving is not possible, and the client does not say whether it did.
      const isHeard = performance.now() - aliveAt < 2 * heartbeatMs + 1_000
      // While joining waits for the others, nothing else is answered on that connection: so over another one, and then cut.
      const isJoining = isHeard && id !== null && !consumer.isActive()
      const isRemoved =
        isJoining &&
        (await remove(id).then(
          () => true,
          () => false,
        ))
      const hasLeft = await closeInTime(consumer, () => consumer.close(true), isRemoved ? 0 : undefined)
      tell()
      return isRemoved || (isHeard && hasLeft) ? null : id
    },
  }
}
