/**
 * The life of one part of the stack, as a pure function of what happens to it.
 *
 *   stopped      not running and not wanted                 start → starting
 *   starting     launched, has not answered ready yet       answers → ready
 *   ready        answers ready                              no answer → not_ready
 *   not_ready    runs and was ready once, now is not        answers → ready
 *   stopping     told to leave                              exit → stopped, or starting when a start was asked meanwhile
 *   backing_off  died by itself, waits before the next try  due → starting · stop → stopped · start → starting
 *   failed       refused its settings (exit 2): trying      start → starting · stop → stopped
 *                again cannot help, a person must
 *
 *   starting, ready, not_ready:  stop → stopping · exit → backing_off, or failed for exit 2
 *
 * Everything else that may arrive late (a probe's answer after the exit, a retry after a stop) changes nothing.
 */
export type PartState =
  | { type: 'stopped' }
  | { type: 'starting' | 'ready' | 'not_ready'; deaths: number }
  | { type: 'stopping'; startAfter: boolean }
  | { type: 'backing_off'; deaths: number; retryInMs: number }
  | { type: 'failed' }

export type PartStateName = PartState['type']

export type PartEvent =
  | { type: 'start' }
  | { type: 'stop' }
  | { type: 'probed'; ready: boolean }
  | { type: 'exited'; exit: PartExit; livedMs: number }
  | { type: 'retry_due' }

/** How a part ended; `error` when it could not even be launched. */
export type PartExit = { code: number | null; signal: string | null; error: string | null }

/** What the caller has to do when the state was entered. */
export type PartAction = 'launch' | 'terminate' | 'schedule_retry'

export type PartStep = { state: PartState; action: PartAction | null }

/** A part that lived this long had recovered: its next death counts as the first. Longer than the longest pause, or a crash loop would reset itself. */
const HEALTHY_AFTER_MS = 30_000

/** Every process of ours ends with 2 when its settings are wrong. */
const EXIT_WRONG_SETTINGS = 2

/** Milliseconds to wait after the n-th death in a row: 100 ms doubling to 5 s. No jitter: one machine, a handful of parts. */
export function retryDelayMs(deaths: number): number {
  return Math.min(5_000, 100 * 2 ** Math.min(deaths - 1, 10))
}

/** True while there is a process. */
export function isRunning(state: PartState): boolean {
  return ['starting', 'ready', 'not_ready', 'stopping'].includes(state.type)
}

/** The next state and what to do on entering it. An event that means nothing in this state leaves it as it is (the same object). */
export function nextPartState(state: PartState, event: PartEvent): PartStep {
  switch (event.type) {
    case 'start':
      return onStart(state)
    case 'stop':
      return onStop(state)
    case 'probed':
      return onProbed(state, event.ready)
    case 'exited':
      return onExited(state, event.exit, event.livedMs)
    case 'retry_due':
      return state.type === 'backing_off'
        ? { state: { type: 'starting', deaths: state.deaths }, action: 'launch' }
        : { state, action: null }
    default:
      return event satisfies never
  }
}

function onStart(state: PartState): PartStep {
  switch (state.type) {
    case 'stopped':
    case 'backing_off':
    case 'failed':
      return { state: { type: 'starting', deaths: 0 }, action: 'launch' }
    case 'stopping':
      return { state: { type: 'stopping', startAfter: true }, action: null }
    default:
      return { state, action: null }
  }
}

function onStop(state: PartState): PartStep {
  switch (state.type) {
    case 'backing_off':
    case 'failed':
      return { state: { type: 'stopped' }, action: null }
    case 'starting':
    case 'ready':
    case 'not_ready':
      return { state: { type: 'stopping', startAfter: false }, action: 'terminate' }
    case 'stopping':
      return { state: { type: 'stopping', startAfter: false }, action: null }
    default:
      return { state, action: null }
  }
}

function onProbed(state: PartState, ready: boolean): PartStep {
  if (state.type === 'ready' && !ready) return { state: { type: 'not_ready', deaths: state.deaths }, action: null }
  if ((state.type === 'starting' || state.type === 'not_ready') && ready)
    return { state: { type: 'ready', deaths: state.deaths }, action: null }
  return { state, action: null }
}

function onExited(state: PartState, exit: PartExit, livedMs: number): PartStep {
  switch (state.type) {
    case 'stopping':
      return state.startAfter
        ? { state: { type: 'starting', deaths: 0 }, action: 'launch' }
        : { state: { type: 'stopped' }, action: null }
    case 'starting':
    case 'ready':
    case 'not_ready': {
      if (exit.code === EXIT_WRONG_SETTINGS) return { state: { type: 'failed' }, action: null }
      const deaths = livedMs >= HEALTHY_AFTER_MS ? 1 : state.deaths + 1
      return { state: { type: 'backing_off', deaths, retryInMs: retryDelayMs(deaths) }, action: 'schedule_retry' }
    }
    default:
      return { state, action: null }
  }
}
