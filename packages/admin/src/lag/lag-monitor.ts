import { PROCESSOR_GROUP, RAW_TOPIC } from '@sluice/contract/topics'
import type { EventLog, PartitionLag } from '@sluice/event-log'
import type { Clock } from '@sluice/runtime/clock'

export type LagReading = {
  partitions: readonly PartitionLag[]
  /** The sum, null when one partition cannot be known. */
  totalLag: number | null
  /** How long the oldest record has waited, in seconds; 0 when none waits, null when it cannot be known. */
  behindSeconds: number | null
  /** Records a second, measured over the last 20 s; null while too little was seen. */
  appendedPerSecond: number | null
  settledPerSecond: number | null
  /** The same by partition. */
  settledBy: ReadonlyMap<number, number> | null
  /** Until nothing waits at these rates; 0 when nothing waits, null when it does not shrink or is unknown. */
  drainSeconds: number | null
  trend: 'draining' | 'growing' | 'steady' | null
  asOf: Date
}

export type LagMonitor = AsyncDisposable & {
  /** Takes a sample now and from then on every 5 s, so that rate and trend are known whenever somebody asks. */
  start(): void
  /** Asks the log now. @throws {LogUnavailableError} retryable */
  read(): Promise<LagReading>
}

type Sample = { atMs: number; lag: number; end: number; settled: ReadonlyMap<number, number> }
type Rates = { appended: number; settled: number; settledBy: ReadonlyMap<number, number> }

const SAMPLE_INTERVAL_MS = 5_000
/** A trend needs some time to be one, and must not remember what is over. */
const MIN_TREND_MS = 2_000
const MAX_TREND_MS = 20_000
/** Readings closer than this add nothing, however often somebody asks. */
const MIN_SAMPLE_GAP_MS = 1_000

/** Reads the lag of the processor's group and remembers the last readings, for rate and trend. */
export function createLagMonitor(eventLog: Pick<EventLog, 'lag'>, clock: Clock): LagMonitor {
  let samples: Sample[] = []
  let timer: NodeJS.Timeout | undefined
  let sampling: Promise<void> | null = null

  function ratesUpTo(now: Sample): Rates | null {
    samples = samples.filter(({ atMs }) => now.atMs - atMs <= MAX_TREND_MS)
    const first = samples.find(({ atMs }) => now.atMs - atMs >= MIN_TREND_MS)
    const last = samples.at(-1)
    if (last === undefined || now.atMs - last.atMs >= MIN_SAMPLE_GAP_MS) samples.push(now)
    if (first === undefined) return null
    const seconds = (now.atMs - first.atMs) / 1000
    const appended = (now.end - first.end) / seconds
    const settledBy = new Map<number, number>()
    for (const [partition, position] of now.settled)
      settledBy.set(partition, (position - (first.settled.get(partition) ?? position)) / seconds)
    return { appended, settled: appended - (now.lag - first.lag) / seconds, settledBy }
  }

  async function read(): Promise<LagReading> {
    const partitions = await eventLog.lag(RAW_TOPIC, PROCESSOR_GROUP)
    const asOf = new Date(clock.now())
    const totalLag = sumOrNull(partitions.map(({ lag }) => numberOf(lag)))
    const end = sumOrNull(partitions.map((partition) => numberOf(partition.end)))
    const settled = new Map(partitions.map((one) => [one.partition, Number(one.end ?? 0n) - Number(one.lag ?? 0n)]))
    const rates =
      totalLag === null || end === null ? null : ratesUpTo({ atMs: clock.monotonicMs(), lag: totalLag, end, settled })
    const slope = rates === null ? null : rates.appended - rates.settled
    return {
      partitions,
      totalLag,
      behindSeconds: behindSeconds(partitions, totalLag, asOf),
      appendedPerSecond: rates === null ? null : toTenth(rates.appended),
      settledPerSecond: rates === null ? null : toTenth(rates.settled),
      settledBy: rates?.settledBy ?? null,
      drainSeconds: drainSeconds(totalLag, slope),
      trend: slope === null ? null : trendOf(slope),
      asOf,
    }
  }

  function sample(): void {
    // The log being away is told by whoever asks for it; a sample is then missing.
    sampling ??= read().then(
      () => {
        sampling = null
      },
      () => {
        sampling = null
      },
    )
  }

  return {
    start() {
      timer ??= setInterval(sample, SAMPLE_INTERVAL_MS).unref()
      sample()
    },
    read,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await sampling
    },
  }
}

const numberOf = (offset: bigint | null) => (offset === null ? null : Number(offset))
const toTenth = (value: number) => Math.round(value * 10) / 10

const sumOrNull = (values: readonly (number | null)[]) =>
  values.reduce<number | null>((sum, value) => (sum === null || value === null ? null : sum + value), 0)

/** Seconds that a partition's oldest record has waited; null when unknown. */
export function partitionBehindSeconds({ lag, oldestWaitingAt }: PartitionLag, asOf: Date): number | null {
  if (lag === 0n) return 0
  return oldestWaitingAt === null ? null : Math.max(0, (asOf.getTime() - oldestWaitingAt.getTime()) / 1000)
}

function behindSeconds(partitions: readonly PartitionLag[], totalLag: number | null, asOf: Date): number | null {
  if (totalLag === null) return null
  const waits = partitions.map((partition) => partitionBehindSeconds(partition, asOf))
  return waits.reduce<number | null>((max, wait) => (max === null || wait === null ? null : Math.max(max, wait)), 0)
}

function drainSeconds(totalLag: number | null, slope: number | null): number | null {
  if (totalLag === 0) return 0
  return totalLag === null || slope === null || slope >= 0 ? null : Math.ceil(totalLag / -slope)
}

/** Less than one record in two seconds is noise. */
const trendOf = (slope: number) => (slope > 0.5 ? 'growing' : slope < -0.5 ? 'draining' : 'steady')
