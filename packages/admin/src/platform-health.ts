import type { HealthBody, PlatformStatus } from '@sluice/contract/admin-api'
import { listHeartbeats, type ProcessorHeartbeat } from '@sluice/event-store/queries/heartbeats'
import type { Clock } from '@sluice/runtime/clock'
import type { Health } from '@sluice/runtime/health'
import type { Pool } from '@sluice/runtime/postgres'
import type { LagMonitor } from './lag-monitor.ts'

/** A processor that writes every second is missed after this long. */
const SILENT_MS = 5_000
/** Later than this is worse than promised. */
const BEHIND_LIMIT_SECONDS = 60

export type PlatformReport = Omit<HealthBody, 'as_of'> & { asOf: Date }

export type PlatformHealth = {
  /** What is known of every component now; asks the database for heartbeats. Never throws. */
  report(): Promise<PlatformReport>
  /** Whether a processor is at work. */
  isConsuming(): Promise<boolean>
}

export type PlatformHealthParts = {
  pool: Pool
  health: Pick<Health, 'report'>
  lag: LagMonitor
  /** ms that the last probe of a component took; null when it failed. */
  latencyOf: (component: string) => number | null
  clock: Clock
}

type ProcessorHealth = HealthBody['components'][string]

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
      const [processor, behind] = await Promise.all([processorHealth(), behindSeconds()])
      const components: HealthBody['components'] = {}
      for (const [name, { status, since }] of Object.entries(health.report().components))
        components[name] = { status, since, latency_ms: latencyOf(name) }
      components.processor = processor ?? {
        status: 'unavailable',
        since: null,
        latency_ms: null,
        last_heartbeat_at: null,
      }
      return { ...judge(components, processor, behind), components, asOf: new Date(clock.now()) }
    },
    async isConsuming() {
      const processor = await processorHealth()
      return processor !== null && processor.status !== 'unavailable'
    },
  }
}

function toProcessorHealth(heartbeats: readonly ProcessorHeartbeat[]): ProcessorHealth {
  const [latest] = heartbeats
  const alive = heartbeats.filter(({ ageMs, stoppedAt }) => ageMs < SILENT_MS && stoppedAt === null)
  const lastBeat = latest === undefined ? null : latest.beatAt.toISOString()
  if (alive.length === 0) {
    const since = latest === undefined ? null : (latest.stoppedAt ?? latest.beatAt).toISOString()
    return { status: 'unavailable', since, latency_ms: null, last_heartbeat_at: lastBeat }
  }
  const working = alive.filter(({ waitsFor }) => waitsFor === null)
  const started = alive.map(({ startedAt }) => startedAt.toISOString()).sort()[0] ?? null
  const status = working.length === alive.length ? 'ok' : 'degraded'
  return { status, since: started, latency_ms: null, last_heartbeat_at: lastBeat }
}

/** Unhealthy: accepted events cannot become rows now. Degraded: something is worse than promised. */
function judge(components: HealthBody['components'], processor: ProcessorHealth | null, behind: number | null) {
  const blocking: string[] = []
  const worse: string[] = []
  if (components.log?.status === 'unavailable') blocking.push('The log does not answer.')
  if (components.store?.status === 'unavailable') blocking.push('The store does not answer.')
  if (processor?.status === 'unavailable') {
    const since =
      processor.since === null ? 'No processor has run yet.' : `The processor is stopped since ${processor.since}.`
    blocking.push(since)
  }
  if (processor?.status === 'degraded') worse.push('A processor waits for something it needs.')
  if (components.gate?.status === 'unavailable') worse.push('The gate does not answer: limits hold per process only.')
  if (behind !== null && behind > BEHIND_LIMIT_SECONDS)
    worse.push(`The oldest event has waited for ${Math.round(behind)} s.`)
  const status: PlatformStatus = blocking.length > 0 ? 'unhealthy' : worse.length > 0 ? 'degraded' : 'healthy'
  return { status, reasons: [...blocking, ...worse] }
}
