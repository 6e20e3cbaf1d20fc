// A member's part in its group, on the one session that holds its advisory locks.
//
// The lock key of a partition is 64 bits: the upper half the first four bytes of SHA-256 over the group's name, the lower
// half the partition's id, which also stands for the topic. In pg_locks they are `classid` and `objid`.
import { createHash } from 'node:crypto'
import type { Assignment } from '#src/consumer-core.ts'
import { fairShare } from '#src/fair-share.ts'
import type { Session } from './session.ts'
import type { Topic } from './topics.ts'

/** Told `<lock class>:<topic generation>` when a member joins, leaves or lets partitions go. */
export const GROUP_CHANNEL = 'sluice_log_groups'

export type Share = {
  /** How many partitions are this member's by right. */
  wanted: number
  /** Where it looks first, so that members who join together do not reach for the same. */
  first: number
}

export interface Membership {
  /** Enters the group and tells the others. */
  join(): Promise<void>
  /** The payload of GROUP_CHANNEL that is about this group. */
  readonly signal: string
  /** Gives a sign of life and learns the share; null when the topic is not the one that was joined any more. */
  beat(): Promise<Share | null>
  /** Takes up to `wanted` of the partitions. `silentEnded`: a silent holder's session was ended, ask again soon. */
  take(partitions: readonly number[], wanted: number): Promise<{ taken: Assignment[]; silentEnded: boolean }>
  /** Lets partitions go and tells the others. */
  release(partitions: readonly number[]): Promise<void>
  commit(positions: readonly { partition: number; next: bigint }[]): Promise<void>
  /** Lets everything go and tells the others. */
  leave(): Promise<void>
}

export function lockClassOf(group: string): number {
  return createHash('sha256').update(group).digest().readInt32BE(0)
}

export function createMembership({
  session,
  topic,
  group,
  memberId,
  sessionTimeoutMs,
}: {
  session: Session
  topic: Topic
  group: string
  memberId: string
  sessionTimeoutMs: number
}): Membership {
  const lockClass = lockClassOf(group)
  const signal = `${lockClass}:${topic.generation}`
  const count = topic.partitionIds.length
  const idsOf = (partitions: readonly number[]) => partitions.map((partition) => topic.partitionIds[partition])
  const tell = async () => {
    await session.query('SELECT pg_notify($1, $2)', [GROUP_CHANNEL, signal])
  }

  return {
    signal,
    async join() {
      await session.query('SELECT log_group_beat($1, $2, $3, $4)', [topic.name, group, memberId, sessionTimeoutMs])
      // What members that were killed left behind. A silent one whose session lives stays: its locks are still to be taken.
      await session.query(
        `DELETE FROM log_group_members m
          WHERE topic = $1 AND group_name = $2 AND NOT EXISTS (SELECT FROM pg_stat_get_activity(m.backend_pid))`,
        [topic.name, group],
      )
      await tell()
    },
    async beat() {
      const [row] = await session.query<{ members: number; elders: number; generation: string | null }>(
        `SELECT b.members, b.elders, (SELECT generation FROM log_topics WHERE name = $1) AS generation
           FROM log_group_beat($1, $2, $3, $4) b`,
        [topic.name, group, memberId, sessionTimeoutMs],
      )
      if (row?.generation !== topic.generation) return null
      const first = Math.floor((row.elders * count) / row.members)
      return { wanted: fairShare(count, row.members, row.elders), first }
    },
    async take(partitions, wanted) {
      const rows = await session.query<{ partition_id: number | null; first_offset: string; committed: string | null }>(
        'SELECT * FROM log_group_take($1, $2, $3, $4, $5)',
        [topic.name, group, idsOf(partitions), lockClass, wanted],
      )
      const taken = rows.flatMap((row) =>
        row.partition_id === null
          ? []
          : {
              partition: topic.partitionIds.indexOf(row.partition_id),
              start: BigInt(row.first_offset),
              committed: row.committed === null ? null : BigInt(row.committed),
            },
      )
      return { taken, silentEnded: taken.length < rows.length }
    },
    async release(partitions) {
      await session.query('SELECT pg_advisory_unlock(($1::bigint << 32) | id) FROM unnest($2::int[]) AS p (id)', [
        lockClass,
        idsOf(partitions),
      ])
      await tell()
    },
    async commit(positions) {
      await session.query(
        `INSERT INTO log_group_offsets (partition_id, group_name, committed, committed_at)
         SELECT id, $1, next, clock_timestamp() FROM unnest($2::int[], $3::bigint[]) AS p (id, next)
             ON CONFLICT (partition_id, group_name) DO UPDATE
            SET committed = excluded.committed, committed_at = excluded.committed_at`,
        [group, idsOf(positions.map(({ partition }) => partition)), positions.map(({ next }) => next)],
      )
    },
    async leave() {
      // The row first: the others look again once they are told, and must not count us then.
      await session.query('DELETE FROM log_group_members WHERE topic = $1 AND group_name = $2 AND member_id = $3', [
        topic.name,
        group,
        memberId,
      ])
      await session.query('SELECT pg_advisory_unlock_all()')
      await tell()
    },
  }
}
