import { decodeEnvelope } from '@sluice/contract/envelope'
import type { LogRecord } from '@sluice/event-log'
import type { SettleRecord } from '@sluice/event-store/event-store'
import { errorFields } from '@sluice/runtime/error-fields'
import type { Logger } from '@sluice/runtime/logger'
import { createTurns } from '@sluice/runtime/turns'
import type { CrashMarkers, Start } from './crash-markers.ts'
import { positionOf } from './judge.ts'

/**
 * Finds the record that kills the process that judges it, and sets it aside, so that it does not stop its partition for
 * ever. One partition's states:
 *   fast     -- two processes died at the place where reading begins, or a record was in hand at a death --> careful
 *   careful  -- each record is marked before it is judged and the mark taken off after; 1,000 records further --> fast
 * A record that was in hand at three deaths becomes CRASH_LOOP, its event not looked at again.
 */
export type CrashGuard = {
  /** To be told before the first record of a partition is read. Throws what the markers throw. */
  started(starts: readonly Start[]): Promise<void>
  /** Judges records, in their order. Throws what the markers throw; judging them again is harmless. */
  judge(records: readonly LogRecord[]): Promise<SettleRecord[]>
  /** These records are settled and committed. */
  settled(records: readonly Pick<LogRecord, 'partition' | 'offset'>[]): Promise<void>
  /** Only these partitions are still ours: the others went in good order. Best effort: a mark too many costs care only. */
  keepOnly(partitions: readonly number[]): Promise<void>
  isCareful(): boolean
}

const DEATHS_UNTIL_CAREFUL = 2
const CAREFUL_RECORDS = 1_000
const CRASHES_UNTIL_SET_ASIDE = 3

export type CrashGuardParts = {
  markers: CrashMarkers
  judge: (record: LogRecord) => SettleRecord
  log: Pick<Logger, 'warn' | 'error'>
}

export function createCrashGuard({ markers, judge, log }: CrashGuardParts): CrashGuard {
  const ours = new Set<number>()
  /** How many records of a partition still go one by one. */
  const careful = new Map<number, number>()
  const poison = new Set<string>()
  let failing = false
  /** Starts and ends one after the other: a consumer that broke at its start may still be noting it. */
  const inTurn = createTurns()
  /** The latest that `keepOnly` was told, and its turn that has not come: while the store stands still it is asked for every second. */
  let toKeep: readonly number[] = []
  let keeping: Promise<void> | null = null
  const keyOf = ({ partition, offset }: Pick<LogRecord, 'partition' | 'offset'>) => `${partition}:${offset}`

  async function giveBackAllBut(partitions: readonly number[]): Promise<void> {
    const gone = [...ours].filter((partition) => !partitions.includes(partition))
    if (gone.length === 0) return
    try {
      await markers.giveBack(gone)
      for (const partition of gone) {
        ours.delete(partition)
        careful.delete(partition)
      }
      failing = false
    } catch (error) {
      if (!failing) log.warn('partitions.not_given_back', errorFields(error))
      failing = true
    }
  }

  async function judgeCarefully(record: LogRecord): Promise<SettleRecord> {
    const { partition, offset } = record
    if (poison.has(keyOf(record))) {
      log.error('record.crash_loop', { partition, offset: String(offset) })
      return toCrashLoop(record) // its mark stays until it is committed: a death before that must not forget it
    }
    await markers.mark(partition, offset)
    const judged = judge(record)
    await markers.unmark(partition, offset)
    return judged
  }

  return {
    started: (starts) =>
      inTurn(async () => {
        const facts = await markers.start(starts)
        for (const { partition } of starts) {
          ours.add(partition)
          const deaths = facts.deaths.get(partition) ?? 0
          const found = facts.markers.filter((marker) => marker.partition === partition)
          for (const marker of found) if (marker.crashes >= CRASHES_UNTIL_SET_ASIDE) poison.add(keyOf(marker))
          if (deaths < DEATHS_UNTIL_CAREFUL && found.length === 0) careful.delete(partition)
          else {
            careful.set(partition, CAREFUL_RECORDS)
            const inHand = found.map(({ offset, crashes }) => ({ offset: String(offset), crashes }))
            log.warn('records.one_by_one', { partition, deaths, in_hand: inHand, records: CAREFUL_RECORDS })
          }
        }
      }),

    async judge(records) {
      if (careful.size === 0) return records.map(judge)
      const judged: SettleRecord[] = []
      for (const record of records)
        judged.push(careful.has(record.partition) ? await judgeCarefully(record) : judge(record))
      return judged
    },

    async settled(records) {
      if (careful.size === 0) return
      for (const record of records) {
        const left = careful.get(record.partition)
        if (left === undefined) continue
        if (left > 1) careful.set(record.partition, left - 1)
        else careful.delete(record.partition)
        if (poison.delete(keyOf(record))) await markers.unmark(record.partition, record.offset)
      }
    },

    keepOnly(partitions) {
      toKeep = partitions
      keeping ??= inTurn(() => {
        keeping = null
        return giveBackAllBut(toKeep)
      })
      return keeping
    },

    isCareful: () => careful.size > 0,
  }
}

const EVENT_MEMBER = Buffer.from(',"event":')
/** More than the longest head that ingest writes; reading so little can kill nobody. */
const MAX_HEAD_BYTES = 2_048

/** Its head is ours and short, so that tenant and receipt are known; its event is not looked at. */
function toCrashLoop(record: LogRecord): SettleRecord {
  const start = record.value.subarray(0, MAX_HEAD_BYTES)
  const at = start.indexOf(EVENT_MEMBER)
  const headOnly = Buffer.concat([start.subarray(0, Math.max(0, at)), Buffer.from(',"event":null}')])
  const reading = decodeEnvelope(headOnly)
  return {
    ...positionOf(record),
    type: 'dead_letter',
    head: reading.type === 'envelope' ? reading.head : null,
    eventId: null,
    eventType: null,
    reason: 'CRASH_LOOP',
    stage: 'decode',
    detail: 'The processor died three times while it judged this record.',
    pointer: null,
  }
}
