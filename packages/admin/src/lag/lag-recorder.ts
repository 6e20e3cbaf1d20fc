import { forgetLagSamples, LAG_SAMPLE_STEP_MS, type LagSample, writeLagSamples } from '@sluice/event-store/lag-samples'
import { errorFields } from '@sluice/runtime/error-fields'
import type { Logger } from '@sluice/runtime/logger'
import type { Pool } from '@sluice/runtime/postgres'
import type { LagReading } from './lag-monitor.ts'

/** An hour of samples waits for a store that is away; then the oldest go. */
const MAX_PENDING = 360
/** Every so many samples old ones are forgotten: about twice an hour. */
const FORGET_EVERY = 180

export type LagRecorderParts = {
  pool: Pool
  lag: { read(): Promise<LagReading> }
  platform: { consuming(): Promise<{ consuming: boolean }> }
  log: Pick<Logger, 'warn'>
}

export type LagRecorder = AsyncDisposable & {
  /** Takes a sample now and from then on every 10 s. */
  start(): void
  /** Takes one sample and writes it, with those that could not be written before. Never throws. */
  record(): Promise<void>
}

/** Keeps the history of the lag: what cannot be measured is a gap, what cannot be written now is written later. */
export function createLagRecorder({ pool, lag, platform, log }: LagRecorderParts): LagRecorder {
  let pending: LagSample[] = []
  let taken = 0
  let failing = false
  let timer: NodeJS.Timeout | undefined
  let recording: Promise<void> | null = null

  async function sample(): Promise<void> {
    const [{ partitions, totalLag, behindSeconds, asOf }, { consuming }] = await Promise.all([
      lag.read(),
      platform.consuming(),
    ])
    if (totalLag === null) return
    const appended = partitions.reduce((sum, { end }) => sum + Number(end), 0)
    pending.push({ at: asOf, totalLag, behindSeconds, appended, settled: appended - totalLag, consuming })
    pending = pending.slice(-MAX_PENDING)
  }

  async function write(): Promise<void> {
    if (pending.length === 0) return
    const written = pending
    await writeLagSamples(pool, written)
    pending = pending.slice(written.length)
    if (taken % FORGET_EVERY === 0) await forgetLagSamples(pool)
    taken += 1
  }

  async function recordOnce(): Promise<void> {
    const ends = [await Promise.allSettled([sample()]), await Promise.allSettled([write()])].flat()
    const failure = ends.find((end) => end.status === 'rejected')
    // Said once: that an engine is away is the business of its health check.
    if (failure !== undefined && !failing) log.warn('lag.not_recorded', errorFields(failure.reason))
    failing = failure !== undefined
  }

  function record(): Promise<void> {
    recording ??= recordOnce().finally(() => {
      recording = null
    })
    return recording
  }

  return {
    start() {
      timer ??= setInterval(record, LAG_SAMPLE_STEP_MS).unref()
      void record()
    },
    record,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await recording
    },
  }
}
