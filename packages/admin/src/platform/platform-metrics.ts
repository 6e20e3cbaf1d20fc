import { RAW_TOPIC } from '@sluice/contract/topics'
import type { PartitionLag } from '@sluice/event-log'
import { readGap } from '@sluice/event-store/balance-checks'
import { readLedger } from '@sluice/event-store/queries/ledger'
import { errorFields } from '@sluice/runtime/error-fields'
import type { Logger } from '@sluice/runtime/logger'
import type { Metrics } from '@sluice/runtime/metrics'
import type { Pool } from '@sluice/runtime/postgres'
import { countLostUnread } from '../balance/balance.ts'
import { type LagReading, partitionBehindSeconds } from '../lag/lag-monitor.ts'

/** As often as Prometheus asks in `infra/`; never by its asking, for anybody may ask for metrics. */
const EVERY_MS = 10_000

export type PlatformMetricsParts = {
  metrics: Metrics
  pool: Pool
  lag: { read(): Promise<LagReading> }
  platform: { consuming(): Promise<{ consuming: boolean }> }
  log: Pick<Logger, 'warn'>
}

export type PlatformMetrics = AsyncDisposable & {
  /** Looks now and from then on every 10 s. */
  start(): void
  /** Looks once. Never throws: what cannot be known now has no series, never a 0. */
  sample(): Promise<void>
}

/**
 * What only a look from outside the processors tells: how much waits and for how long, by partition, and whether the sum of what was
 * accepted closes. Known while no processor lives. Several admins tell the same: take the maximum.
 */
export function createPlatformMetrics({ metrics, pool, lag, platform, log }: PlatformMetricsParts): PlatformMetrics {
  const records = metrics.gauge({
    name: 'sluice_lag_records',
    help: 'Accepted records that are not settled yet, by partition of events.raw; absent while unknown',
    labelNames: ['partition'],
  })
  const seconds = metrics.gauge({
    name: 'sluice_lag_seconds',
    help: 'How long the oldest of them has waited; 0 when none waits, absent while unknown',
    labelNames: ['partition'],
  })
  const consuming = metrics.gauge({
    name: 'sluice_processors_consuming',
    help: '1 while a processor shows signs of life, else 0',
  })
  const gap = metrics.gauge({
    name: 'sluice_balance_gap',
    help: 'Accepted events that are not accounted for, by how that shows; 0 is as it must be, absent while unknown',
    labelNames: ['kind'],
  })
  let timer: NodeJS.Timeout | undefined
  let sampling: Promise<void> | null = null
  let failing = false

  async function sampleLag(): Promise<readonly PartitionLag[]> {
    records.reset()
    seconds.reset()
    const { partitions, asOf } = await lag.read()
    for (const one of partitions) {
      const labels = { partition: String(one.partition) }
      if (one.lag !== null) records.set(labels, Number(one.lag))
      const behind = partitionBehindSeconds(one, asOf)
      if (behind !== null) seconds.set(labels, behind)
    }
    return partitions
  }

  async function sampleGap(log: Promise<readonly PartitionLag[]>): Promise<void> {
    gap.reset()
    // Before the log's ends, as the balance does: what is settled in between is then no gap.
    const [{ partitions }, { missing, uncounted }] = await Promise.all([
      readLedger(pool, { minutes: 1, tenantId: null, topic: RAW_TOPIC }),
      readGap(pool),
    ])
    gap.set({ kind: 'row_missing' }, missing)
    gap.set({ kind: 'row_uncounted' }, uncounted)
    gap.set(
      { kind: 'position_uncounted' },
      partitions.reduce((sum, one) => sum + one.settled - one.counted, 0),
    )
    gap.set({ kind: 'position_unread' }, countLostUnread(await log, partitions))
  }

  async function sampleOnce(): Promise<void> {
    const reading = sampleLag()
    const ends = await Promise.allSettled([
      reading,
      sampleGap(reading),
      platform.consuming().then((now) => consuming.set(now.consuming ? 1 : 0)),
    ])
    const failure = ends.find((end) => end.status === 'rejected')
    // Said once: that an engine is away is the business of its health check.
    if (failure !== undefined && !failing) log.warn('metrics.not_known', errorFields(failure.reason))
    failing = failure !== undefined
  }

  function sample(): Promise<void> {
    sampling ??= sampleOnce().finally(() => {
      sampling = null
    })
    return sampling
  }

  return {
    start() {
      timer ??= setInterval(sample, EVERY_MS).unref()
      void sample()
    },
    sample,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await sampling
    },
  }
}
