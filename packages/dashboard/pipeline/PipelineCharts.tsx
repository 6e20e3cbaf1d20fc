'use client'

import type { LagHistoryBody } from '@sluice/contract/admin-api/lag'
import type { ThroughputMinute } from '@sluice/contract/admin-api/overview'
import { useMemo } from 'react'
import type { Static } from 'typebox'
import { LazyTimeSeries } from '../charts/LazyTimeSeries.tsx'
import type { Series } from '../charts/series.ts'
import type { ChartMark } from '../charts/uplot-options.ts'
import type { Zoom } from '../charts/ZoomButtons.tsx'
import { formatCount, formatSeconds } from '../format.ts'
import { useQueryStates } from '../shell/use-query-states.ts'
import { pipelineParams } from './search-params.ts'

type History = Static<typeof LagHistoryBody>

const SYNC = 'pipeline'
const HEIGHT = 160

const MARK_WORDS: Record<History['marks'][number]['what'], string> = {
  started: 'started',
  stopped: 'stopped',
  lost: 'lost',
}
const marksOf = (history: History | undefined): readonly ChartMark[] =>
  history?.marks.map(({ at, what }) => ({ atMs: Date.parse(at), label: MARK_WORDS[what] })) ?? []

function useZoom() {
  const [{ from, to }, setView] = useQueryStates(pipelineParams)
  const zoom = useMemo<Zoom | null>(
    () => (from !== null && to !== null && from < to ? { fromMs: from.getTime(), toMs: to.getTime() } : null),
    [from, to],
  )
  const onZoom = (next: Zoom | null) =>
    void setView({ from: next === null ? null : new Date(next.fromMs), to: next === null ? null : new Date(next.toMs) })
  return { zoom, onZoom }
}

/** What became of events, minute by minute. */
export function ProcessedChart({ data, history }: { data: readonly ThroughputMinute[]; history: History | undefined }) {
  const chart = useMemo(() => {
    const series: Series[] = [
      { kind: 'stored', name: 'Stored', values: data.map(({ stored }) => stored) },
      { kind: 'dead_lettered', name: 'Dead-lettered', values: data.map(({ dead_lettered }) => dead_lettered) },
    ]
    return {
      times: data.map(({ minute }) => Date.parse(minute)),
      series,
      complete: data.filter(({ complete }) => complete).length,
    }
  }, [data])
  const marks = useMemo(() => marksOf(history), [history])
  return (
    <LazyTimeSeries
      label="Processed, events a minute"
      {...chart}
      format={formatCount}
      height={HEIGHT}
      marks={marks}
      syncKey={SYNC}
      {...useZoom()}
    />
  )
}

/** How many waited, and for how long: two charts with one cursor. */
export function LagCharts({ history }: { history: History }) {
  const charts = useMemo(() => {
    const waiting: Series[] = [
      { kind: 'waiting', name: 'Waiting', values: history.data.map(({ total_lag }) => total_lag) },
    ]
    const behind: Series[] = [
      { kind: 'behind', name: 'Behind', values: history.data.map(({ behind_seconds }) => behind_seconds) },
    ]
    return {
      times: history.data.map(({ at }) => Date.parse(at)),
      complete: history.data.length,
      waiting,
      behind,
      marks: marksOf(history),
    }
  }, [history])
  const zoom = useZoom()
  const shared = {
    times: charts.times,
    complete: charts.complete,
    marks: charts.marks,
    height: HEIGHT,
    syncKey: SYNC,
    ...zoom,
  }
  return (
    <div className="grid gap-x-8 gap-y-6 xl:grid-cols-2">
      <section aria-labelledby="waiting-over-time" className="min-w-0">
        <h3 id="waiting-over-time" className="text-13 font-medium">
          Waiting over time
        </h3>
        <LazyTimeSeries label="Waiting in the log, events" series={charts.waiting} format={formatCount} {...shared} />
      </section>
      <section aria-labelledby="seconds-behind" className="min-w-0">
        <h3 id="seconds-behind" className="text-13 font-medium">
          Seconds behind
        </h3>
        <LazyTimeSeries
          label="Age of the oldest that waits"
          series={charts.behind}
          format={formatSeconds}
          {...shared}
        />
      </section>
    </div>
  )
}
