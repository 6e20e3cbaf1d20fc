import { type Clock, systemClock } from './clock.ts'
import { errorFields } from './error-fields.ts'
import type { Logger } from './logger.ts'

export type ComponentStatus = 'ok' | 'degraded' | 'unavailable'

export interface HealthComponent {
  /** Asks the component once; rejects when it cannot do its work. `signal` aborts when the time limit is over. */
  readonly probe: (signal: AbortSignal) => Promise<'ok' | 'degraded'>
  /** True when the process is not ready without it; false when it is then only degraded. */
  readonly critical: boolean
}

/** The body of `/readyz` (http.md 5). */
export interface HealthReport {
  readonly status: ComponentStatus
  readonly components: Readonly<Record<string, { readonly status: ComponentStatus; readonly since: string }>>
}

/** Knows whether this process lives and whether it can do its job (reliability.md 7). */
export interface Health extends AsyncDisposable {
  /** Probes every component now and from then on every second; resolves after the first round. */
  start(): Promise<void>
  /** What is known now; asks nobody. Unavailable until each critical component has answered once, and while draining. */
  report(): HealthReport
  /** From now on not ready, whatever the components say: the process is about to leave. */
  drain(): void
  /** True while the event loop turns: its own timer ran within the last 10 s. */
  isAlive(): boolean
}

export interface HealthOptions {
  readonly components: Readonly<Record<string, HealthComponent>>
  readonly log: Logger
  readonly clock?: Clock
  /** Milliseconds between probes; 1,000 unless given. */
  readonly intervalMs?: number
  /** Milliseconds that a probe may take; 1,000 unless given. */
  readonly limitMs?: number
}

// One lost probe is noise; two, at a 1 s limit and a 1 s interval, still turn readiness off within 5 s.
const FAILURES_UNTIL_OFF = 2
const LOOP_SILENT_MS = 10_000

/** Two failures in a row turn a component off, one success turns it on. The components are probed side by side. */
export function createHealth({
  components,
  log,
  clock = systemClock,
  intervalMs = 1_000,
  limitMs = 1_000,
}: HealthOptions): Health {
  const watched = Object.entries(components).map(([name, component]) => ({
    name,
    critical: component.critical,
    watch: watchComponent(name, component, { log, clock, limitMs }),
  }))
  let draining = false
  let lastTurnMs = clock.monotonicMs()
  let timer: NodeJS.Timeout | undefined

  const round = () => {
    lastTurnMs = clock.monotonicMs()
    return Promise.all(watched.map(({ watch }) => watch.ask()))
  }

  function overall(): ComponentStatus {
    if (draining || watched.some(({ critical, watch }) => critical && watch.status() === 'unavailable'))
      return 'unavailable'
    return watched.every(({ watch }) => watch.status() === 'ok') ? 'ok' : 'degraded'
  }

  return {
    async start() {
      timer ??= setInterval(round, intervalMs).unref()
      await round()
    },
    report: () => ({
      status: overall(),
      components: Object.fromEntries(
        watched.map(({ name, watch }) => [name, { status: watch.status(), since: watch.since() }]),
      ),
    }),
    drain() {
      draining = true
    },
    isAlive: () => clock.monotonicMs() - lastTurnMs < LOOP_SILENT_MS,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await Promise.all(watched.map(({ watch }) => watch.end()))
    },
  }
}

interface WatchParts {
  readonly log: Logger
  readonly clock: Clock
  readonly limitMs: number
}

/** One component: its status, and one probe at a time. */
function watchComponent(name: string, { probe }: HealthComponent, { log, clock, limitMs }: WatchParts) {
  let status: ComponentStatus = 'unavailable'
  let since = clock.now()
  let failures = 0
  let heard = false
  // A probe that ignores its signal keeps running; while it does, no second one is started on top of it.
  let running: Promise<unknown> | null = null
  const ended = new AbortController()

  function become(next: ComponentStatus, cause?: unknown): void {
    const first = !heard
    heard = true
    if (next === status && !first) return
    if (next !== status) since = clock.now()
    status = next
    const fields = { component: name, status, ...(cause === undefined ? {} : errorFields(cause)) }
    if (next === 'ok') log.info('component.changed', fields)
    else log.warn('component.changed', fields)
  }

  function fail(cause: unknown): void {
    if (ended.signal.aborted) return
    failures += 1
    if (failures >= FAILURES_UNTIL_OFF || !heard) become('unavailable', cause)
  }

  async function ask(): Promise<void> {
    if (running !== null) return fail(new ProbeTimeout(limitMs))
    const limit = AbortSignal.any([AbortSignal.timeout(limitMs), ended.signal])
    const answer = Promise.try(probe, limit)
    const settled = answer
      .catch(() => {})
      .then(() => {
        running = null
      })
    running = settled
    try {
      const next = await Promise.race([answer, rejectOn(limit, limitMs)])
      failures = 0
      become(next)
    } catch (error) {
      fail(error)
    }
  }

  return {
    ask,
    status: () => status,
    since: () => new Date(since).toISOString(),
    async end() {
      ended.abort()
      await Promise.race([running, rejectOn(AbortSignal.timeout(limitMs), limitMs).catch(() => {})])
    },
  }
}

class ProbeTimeout extends Error {
  override readonly name = 'ProbeTimeout'
  readonly code = 'PROBE_TIMEOUT'

  constructor(limitMs: number) {
    super(`no answer within ${limitMs} ms`)
  }
}

function rejectOn(signal: AbortSignal, limitMs: number): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>()
  if (signal.aborted) reject(new ProbeTimeout(limitMs))
  else signal.addEventListener('abort', () => reject(new ProbeTimeout(limitMs)), { once: true })
  return promise
}
