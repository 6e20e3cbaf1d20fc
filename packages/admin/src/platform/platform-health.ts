import type { HealthBody } from '@sluice/contract/admin-api/health'
import type { PlatformStatus } from '@sluice/contract/admin-api/overview'
import { readGap } from '@sluice/event-store/balance-checks'
import { listHeartbeats, type ProcessorHeartbeat } from '@sluice/event-store/queries/heartbeats'
import type { Clock } from '@sluice/runtime/clock'
import type { Health } from '@sluice/runtime/health'
import type { Pool } from '@sluice/runtime/postgres'
import type { LagMonitor } from '../lag/lag-monitor.ts'

/** A processor that writes every second is missed after this long. */
export const SILENT_MS = 5_000
/** Later than this is worse than promised. */
const BEHIND_LIMIT_SECONDS = 60

export type PlatformReport = Omit<HealthBody, 'as_of'> & { asOf: Date }

export type PlatformHealth = {
  /** What is known of every component now; asks the database for heartbeats. Never throws. */
  report(): Promise<PlatformReport>
  /**
   * Whether a processor shows signs of life, false when nothing can be known of it; and since when, or when the last sign
   * of life was.
   */
  consuming(): Promise<{ consuming: boolean; since: string | null }>
}

export type PlatformHealthParts = {
  pool: Pool
  health: Pick<Health, 'report'>
  lag: LagMonitor
  /** ms that the last probe of a component took; null when it failed. */
  latencyOf: (component: string) => number | null
  clock: Clock
}

type ProcessorHealth = {
  body: HealthBody['components'][string]
  /** Processors that show signs of life, and what those wait for that cannot work now. */
  alive: number
  waitsFor: readonly string[]
}

/** Puts together what admin's own probes, the heartbeats and the lag say. */
export function createPlatformHealth(parts: PlatformHealthParts): PlatformHealth {
  const { pool, health, lag, latencyOf, clock } = parts

  async function processorHealth(): Promise<ProcessorHealth | null> {
    try {
      return toProcessorHealth(await listHeartbeats(pool))
    } catch {
      // The store is away, which its own component says; of the processor nothing is known then.
      return null
    }
  }
  async function missingRows(): Promise<number> {
    try {
      return (await readGap(pool)).missing
    } catch {
      // The store is away, which its own component says.
      return 0
    }
  }
  async function behindSeconds(): Promise<number | null> {
    try {
      return (await lag.read()).behindSeconds
    } catch {
      // The log is away, which its own component says.
      return null
    }
  }

  return {
    async report() {
      const [processor, behind, missing] = await Promise.all([processorHealth(), behindSeconds(), missingRows()])
      const components: HealthBody['components'] = {}
      for (const [name, { status, since }] of Object.entries(health.report().components))
        components[name] = { status, since, latency_ms: latencyOf(name) }
      components.processor = processor?.body ?? {
        status: 'unavailable',
        since: null,
        latency_ms: null,
        last_heartbeat_at: null,
      }
      return { ...judge(components, processor, { behind, missing }), components, asOf: new Date(clock.now()) }
    },
    async consuming() {
      const processor = await processorHealth()
      return { consuming: processor !== null && processor.alive > 0, since: processor?.body.since ?? null }
    },
  }
}

function toProcessorHealth(heartbeats: readonly ProcessorHeartbeat[]): ProcessorHealth {
  const [latest] = heartbeats
  const alive = heartbeats.filter(({ ageMs, stoppedAt }) => ageMs < SILENT_MS && stoppedAt === null)
  const waitsFor = alive.flatMap((heartbeat) => heartbeat.waitsFor ?? [])
  const body = { latency_ms: null, last_heartbeat_at: latest?.beatAt.toISOString() ?? null }
  if (alive.length === 0) {
    const since = (latest?.stoppedAt ?? latest?.beatAt)?.toISOString() ?? null
    return { body: { ...body, status: 'unavailable', since }, alive: 0, waitsFor }
  }
  const since = alive.map(({ startedAt }) => startedAt.toISOString()).sort()[0] ?? null
  const status = waitsFor.length === 0 ? 'ok' : waitsFor.length < alive.length ? 'degraded' : 'unavailable'
  return { body: { ...body, status, since }, alive: alive.length, waitsFor }
}

/** Unhealthy: accepted events cannot become rows now. Degraded: something is worse than promised. */
function judge(
  components: HealthBody['components'],
  processor: ProcessorHealth | null,
  { behind, missing }: { behind: number | null; missing: number },
) {
  const blocking: string[] = []
  const worse: string[] = []
  if (components.log?.status === 'unavailable') blocking.push('The log does not answer.')
  if (components.store?.status === 'unavailable') blocking.push('The store does not answer.')
  if (processor?.body.status === 'unavailable') blocking.push(whyNoProcessor(processor))
  if (processor?.body.status === 'degraded')
    worse.push(`Some processors wait: ${[...new Set(processor.waitsFor)].join(', ')}.`)
  if (components.gate?.status === 'unavailable')
    worse.push('The gate does not answer: limits hold per process only, and repeats are removed at storage.')
  if (behind !== null && behind > BEHIND_LIMIT_SECONDS)
    worse.push(`The oldest waiting event has waited for ${Math.round(behind)} s.`)
  if (missing > 0)
    worse.push(`Accepted events without a row: ${missing}. The balance names them as far as the log has them.`)
  const status: PlatformStatus = blocking.length > 0 ? 'unhealthy' : worse.length > 0 ? 'degraded' : 'healthy'
  return { status, reasons: [...blocking, ...worse] }
}

function whyNoProcessor({ body, alive, waitsFor }: ProcessorHealth): string {
  if (alive > 0) return `Every processor waits: ${[...new Set(waitsFor)].join(', ')}.`
  return body.since === null
    ? 'No processor has run yet.'
    : `No processor has shown a sign of life since ${body.since}.`
}
