'use client'

import type { ThroughputMinute } from '@sluice/contract/admin-api/overview'
import { useMemo } from 'react'
import { LazyTimeSeries } from '../charts/LazyTimeSeries.tsx'
import type { Series } from '../charts/series.ts'
import type { Zoom } from '../charts/ZoomButtons.tsx'
import { formatCount } from '../format.ts'
import { overviewParams, RANGE_MINUTES, type Range } from '../search-params.ts'
import { useQueryStates } from '../shell/use-query-states.ts'

const HIDDEN_AT_FIRST = ['Duplicates', 'Rate-limited']

/** What came in and what became of it, minute by minute. */
export function ThroughputChart({ data, range }: { data: readonly ThroughputMinute[]; range: Range }) {
  const [{ from, to }, setView] = useQueryStates(overviewParams)
  const chart = useMemo(() => {
    const minutes = data.slice(-RANGE_MINUTES[range])
    const series: Series[] = [
      { kind: 'accepted', name: 'Accepted', values: minutes.map(({ accepted }) => accepted) },
      { kind: 'stored', name: 'Stored', values: minutes.map(({ stored }) => stored) },
      { kind: 'dead_lettered', name: 'Dead-lettered', values: minutes.map(({ dead_lettered }) => dead_lettered) },
      { kind: 'duplicates', name: 'Duplicates', values: minutes.map(({ duplicates }) => duplicates) },
      { kind: 'rate_limited', name: 'Rate-limited', values: minutes.map(({ rate_limited }) => rate_limited) },
    ]
    return {
      times: minutes.map(({ minute }) => Date.parse(minute)),
      series,
      complete: minutes.filter(({ complete }) => complete).length,
    }
  }, [data, range])
  const zoom = useMemo<Zoom | null>(
    () => (from !== null && to !== null && from < to ? { fromMs: from.getTime(), toMs: to.getTime() } : null),
    [from, to],
  )
  return (
    <LazyTimeSeries
      label="Throughput, events a minute"
      {...chart}
      format={formatCount}
      hiddenAtFirst={HIDDEN_AT_FIRST}
      syncKey="overview"
      zoom={zoom}
      onZoom={(next) =>
        void setView({
          from: next === null ? null : new Date(next.fromMs),
          to: next === null ? null : new Date(next.toMs),
        })
      }
    />
  )
}
