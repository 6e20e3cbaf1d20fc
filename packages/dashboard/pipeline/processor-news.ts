import type { LagBody, LagHistoryBody } from '@sluice/contract/admin-api/lag'
import type { Static } from 'typebox'

type History = Pick<Static<typeof LagHistoryBody>, 'data' | 'marks'>

/** What the processor does, as far as somebody should know. */
export type ProcessorNews =
  | { type: 'unknown'; reason: string }
  | { type: 'never_ran'; waiting: number | null }
  | { type: 'stopped'; sinceMs: number; waiting: number | null }
  | { type: 'catching_up'; waiting: number; perSecond: number | null; emptyInSeconds: number | null }
  | { type: 'growing'; waiting: number; byPerSecond: number | null }
  | { type: 'caught_up'; afterSeconds: number }

/** Waiting longer than this is worth a word; less is the beat of micro-batches. */
const BEHIND_SECONDS = 5
/** How long it is told that it caught up. */
const TOLD_MS = 60_000

/** Null: it runs and keeps up. */
export function processorNews(lag: LagBody, history: History | null, nowMs: number): ProcessorNews | null {
  const { consuming, consuming_since, total_lag: waiting, behind_seconds: behind } = lag
  if (!consuming && consuming_since !== null) return { type: 'stopped', sinceMs: Date.parse(consuming_since), waiting }
  if (waiting === null) return { type: 'unknown', reason: lag.reason ?? 'What waits cannot be known now.' }
  if (!consuming) return { type: 'never_ran', waiting }
  const isBehind = behind !== null && behind > BEHIND_SECONDS
  if (isBehind && lag.trend === 'growing') return { type: 'growing', waiting, byPerSecond: growth(lag) }
  if (isBehind && waiting > 0)
    return { type: 'catching_up', waiting, perSecond: lag.settled_per_second, emptyInSeconds: lag.drain_seconds }
  return history === null ? null : caughtUp(history, nowMs)
}

/** In one word; where neither the lag nor a sign of life can be read, nobody may say that it stands still. */
export function processorState(lag: Pick<LagBody, 'consuming' | 'consuming_since' | 'total_lag'>) {
  if (lag.consuming) return 'running'
  return lag.consuming_since === null && lag.total_lag === null ? 'unknown' : 'stopped'
}

function growth({ appended_per_second: appended, settled_per_second: settled }: LagBody): number | null {
  return appended === null || settled === null ? null : Math.max(0, appended - settled)
}

/** After a stop and a start: the first measured moment at which nothing was late any more. */
function caughtUp({ data, marks }: History, nowMs: number): ProcessorNews | null {
  const started = marks.findLast(({ what }) => what === 'started')
  const stopped =
    started === undefined ? undefined : marks.findLast(({ what, at }) => what !== 'started' && at < started.at)
  if (started === undefined || stopped === undefined) return null
  const moment = data.find(
    ({ at, behind_seconds }) => at > started.at && behind_seconds !== null && behind_seconds <= BEHIND_SECONDS,
  )
  if (moment === undefined || nowMs - Date.parse(moment.at) > TOLD_MS) return null
  return { type: 'caught_up', afterSeconds: (Date.parse(moment.at) - Date.parse(stopped.at)) / 1000 }
}
