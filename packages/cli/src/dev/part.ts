import { EventEmitter, once } from 'node:events'
import { delay } from '@sluice/runtime/backoff'
import {
  isRunning,
  nextPartState,
  type PartAction,
  type PartEvent,
  type PartExit,
  type PartState,
  type PartStateName,
} from './part-state.ts'

/** One life of a part. */
export interface LaunchedPart {
  readonly pid: number
  /** Resolves when the process is gone; never rejects. */
  readonly exited: Promise<PartExit>
  /** Whether it can do its work now; answers within a second or two, never rejects. */
  probe(): Promise<boolean>
  /** Asks it to leave; the driver ends it by force when it takes too long. */
  terminate(): void
  /** Ends it at once. */
  kill(): void
}

/** Knows how one part is started. */
export interface PartDriver {
  readonly name: string
  readonly port: number | null
  /** Where it alone answers for its health and numbers; null unless it shares `port`. */
  readonly operationsPort?: number | null
  /** Resolves when there is a process; rejects, with a message for people, when there cannot be one. */
  launch(): Promise<LaunchedPart>
}

/** One line of `dev status`; the members are named as its JSON is. */
export type PartStatus = {
  name: string
  pid: number | null
  port: number | null
  /** Only of a process that shares `port` with others. */
  operations_port?: number
  state: PartStateName
}

/** A part of the stack that is kept in the wanted state: running until stopped, restarted when it dies by itself. */
export interface Part {
  readonly name: string
  readonly state: PartState
  /** How it ended last; null before its first end. */
  readonly lastExit: PartExit | null
  status(): PartStatus
  start(): void
  /** Resolves when it is gone. A part that is not running is gone at once. */
  stop(): Promise<void>
  /** Ends its process without asking; for the moment in which the supervisor itself leaves at once. */
  kill(): void
  /** Asks it now whether it is ready, so that `state` is not older than this call. */
  refresh(): Promise<void>
  /** Resolves as soon as `isReached` says so of the state, or when `signal` aborts. */
  reach(isReached: (state: PartState) => boolean, signal?: AbortSignal): Promise<void>
}

export type PartChange = { part: Part; before: PartState; after: PartState; event: PartEvent }

type PartOptions = {
  driver: PartDriver
  /** Called after each change of state and whenever a process came or went. */
  onChange: (change: PartChange) => void
}

/** How often a part is asked: often while people wait for it, and once a second afterwards. */
const PROBE_STARTING_MS = 50
const PROBE_RUNNING_MS = 1_000

export function createPart({ driver, onChange }: PartOptions): Part {
  let state: PartState = { type: 'stopped' }
  let running: LaunchedPart | null = null
  let lastExit: PartExit | null = null
  let retry: NodeJS.Timeout | undefined
  let isKilled = false
  const changes = new EventEmitter().setMaxListeners(0)

  const act: Record<PartAction, () => void> = {
    launch: () => void live(),
    // Not there yet while its launch is still under way: then `live` does it.
    terminate: () => running?.terminate(),
    schedule_retry: () => {
      if (state.type === 'backing_off') retry = setTimeout(() => dispatch({ type: 'retry_due' }), state.retryInMs)
    },
  }

  function dispatch(event: PartEvent): void {
    const before = state
    const { state: after, action } = nextPartState(before, event)
    if (after === before) return
    state = after
    clearTimeout(retry)
    if (action !== null) act[action]()
    onChange({ part, before, after, event })
    changes.emit('change')
  }

  /** One life, from launch to exit. */
  async function live(): Promise<void> {
    const startedMs = performance.now()
    const gone = new AbortController()
    try {
      const launched = await driver.launch()
      running = launched
      onChange({ part, before: state, after: state, event: { type: 'start' } })
      if (isKilled) launched.kill()
      else if (state.type === 'stopping') launched.terminate()
      void watch(launched, gone.signal)
      lastExit = await launched.exited
    } catch (error) {
      lastExit = { code: null, signal: null, error: error instanceof Error ? error.message : String(error) }
    }
    gone.abort()
    running = null
    dispatch({ type: 'exited', exit: lastExit, livedMs: performance.now() - startedMs })
  }

  /** Two silent answers in a row turn a ready part to not ready: one may be a busy moment. */
  async function watch(launched: LaunchedPart, gone: AbortSignal): Promise<void> {
    for (let silences = 0; !gone.aborted; ) {
      const ready = await launched.probe()
      silences = ready ? 0 : silences + 1
      if (!gone.aborted && (ready || silences > 1)) dispatch({ type: 'probed', ready })
      await delay(state.type === 'starting' ? PROBE_STARTING_MS : PROBE_RUNNING_MS, gone)
    }
  }

  const part: Part = {
    name: driver.name,
    get state() {
      return state
    },
    get lastExit() {
      return lastExit
    },
    status: () => ({
      name: driver.name,
      pid: running?.pid ?? null,
      port: driver.port,
      ...(driver.operationsPort == null ? {} : { operations_port: driver.operationsPort }),
      state: state.type,
    }),
    start: () => dispatch({ type: 'start' }),
    async stop() {
      dispatch({ type: 'stop' })
      await part.reach((now) => !isRunning(now))
    },
    kill() {
      isKilled = true
      clearTimeout(retry)
      running?.kill()
    },
    async refresh() {
      const asked = running
      if (asked === null) return
      const ready = await asked.probe()
      if (running === asked) dispatch({ type: 'probed', ready })
    },
    async reach(isReached, signal) {
      while (!isReached(state) && signal?.aborted !== true) await once(changes, 'change', { signal }).catch(() => {}) // rejects when the signal aborts: the loop looks at it
    },
  }
  return part
}
