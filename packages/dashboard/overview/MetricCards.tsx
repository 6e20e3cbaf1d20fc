'use client'

import type { OverviewBody, ThroughputBody, ThroughputMinute } from '@sluice/contract/admin-api/overview'
import { Unknown } from '../cells/Unknown.tsx'
import { formatCount, formatMs, formatShortCount } from '../format.ts'
import { useKeptQuery } from '../shell/kept-query.ts'
import type { AdminQuery } from '../shell/polling.tsx'
import { useStaleSince } from '../shell/QueryPanel.tsx'
import { urls } from '../urls.ts'
import { MetricCard } from './MetricCard.tsx'
import { type CountName, changeOf, lastComplete } from './minute-sums.ts'

const NO_MINUTES: readonly ThroughputMinute[] = []
const CARD_MINUTES = 61

type MetricCardsProps = { overview: AdminQuery<OverviewBody>; throughput: AdminQuery<ThroughputBody> }

/** Six numbers that say at a glance what comes in and what becomes of it. */
export function MetricCards({ overview, throughput }: MetricCardsProps) {
  const kept = useKeptQuery()
  const [overviewStaleMs, throughputStaleMs] = [useStaleSince(overview), useStaleSince(throughput)]
  const isStale = overviewStaleMs !== null || throughputStaleMs !== null
  const minutes = throughput.data?.data.slice(-CARD_MINUTES) ?? NO_MINUTES
  const now = overview.data
  const why = throughput.isError
    ? 'The Admin API does not answer.'
    : 'Nobody counted the last minute, or its count was lost.'
  const counted = (name: CountName) => {
    const value = lastComplete(minutes, name)
    return {
      value,
      exact: value !== null && value >= 1_000_000 ? formatCount(value) : undefined,
      change: changeOf(minutes, name),
      values: minutes.filter(({ complete }) => complete).map((minute) => minute[name]),
      format: formatShortCount,
      unit: 'a minute',
      why,
      isLoading: throughput.isPending,
    }
  }
  return (
    <section
      aria-labelledby="numbers"
      className={`grid grid-cols-2 gap-3 md:grid-cols-3 xl:grid-cols-6 ${isStale ? 'opacity-60 grayscale' : ''}`}
    >
      <h2 id="numbers" className="sr-only">
        Numbers of the last complete minute
      </h2>
      <MetricCard
        label="Accepted"
        {...withoutUndefined(counted('accepted'))}
        color="--text-2"
        caption={<>Last 5 min: {now === undefined ? '–' : formatShortCount(now.accepted_last_5m)}</>}
      />
      <MetricCard
        label="Stored"
        {...withoutUndefined(counted('stored'))}
        color="--accent"
        caption={
          <>
            1 min: {formatShortCount(now?.events_last_1m)}, 5 min: {formatShortCount(now?.events_last_5m)}
          </>
        }
      />
      <MetricCard
        label="Dead-lettered"
        {...withoutUndefined(counted('dead_lettered'))}
        color="--bad"
        href={urls.deadLetters(kept)}
        caption={
          <>
            {now?.dead_letters_open == null ? (
              <Unknown reason="How many are open cannot be known now." />
            ) : (
              formatCount(now.dead_letters_open)
            )}{' '}
            open
          </>
        }
      />
      <MetricCard
        label="Duplicates"
        {...withoutUndefined(counted('duplicates'))}
        color="--text-2"
        caption={<>Last 5 min: {formatShortCount(now?.duplicates_last_5m)}</>}
      />
      <MetricCard
        label="Rate-limited"
        {...withoutUndefined(counted('rate_limited'))}
        color="--warn"
        caption={<>Last 5 min: {formatShortCount(now?.rate_limited_last_5m)} refused</>}
      />
      <MetricCard
        label="End to end, p95"
        value={lastComplete(minutes, 'end_to_end_p95_ms')}
        format={formatMs}
        unit=""
        why={throughput.isError ? why : 'Nothing was stored in the last minute.'}
        change={null}
        values={minutes.filter(({ complete }) => complete).map((minute) => minute.end_to_end_p95_ms)}
        color="--accent"
        isLoading={throughput.isPending}
        caption={
          <>
            Now p50 {formatMs(now?.end_to_end_ms.p50)}, p99 {formatMs(now?.end_to_end_ms.p99)}
          </>
        }
      />
    </section>
  )
}

/** Optional properties are left out rather than set to undefined. */
function withoutUndefined<T extends { exact: string | undefined }>({
  exact,
  ...rest
}: T): Omit<T, 'exact'> & { exact?: string } {
  return exact === undefined ? rest : { ...rest, exact }
}
