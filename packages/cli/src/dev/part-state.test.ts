import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nextPartState, type PartEvent, type PartState, type PartStep, retryDelayMs } from './part-state.ts'

const crashed: PartEvent = { type: 'exited', exit: { code: 1, signal: null, error: null }, livedMs: 50 }
const killedLate: PartEvent = { type: 'exited', exit: { code: null, signal: 'SIGKILL', error: null }, livedMs: 60_000 }
const refusedSettings: PartEvent = { type: 'exited', exit: { code: 2, signal: null, error: null }, livedMs: 50 }
const start: PartEvent = { type: 'start' }
const stop: PartEvent = { type: 'stop' }
const answers: PartEvent = { type: 'probed', ready: true }
const silent: PartEvent = { type: 'probed', ready: false }
const due: PartEvent = { type: 'retry_due' }

const stopped: PartState = { type: 'stopped' }
const starting: PartState = { type: 'starting', deaths: 0 }
const ready: PartState = { type: 'ready', deaths: 3 }
const notReady: PartState = { type: 'not_ready', deaths: 3 }
const stopping: PartState = { type: 'stopping', startAfter: false }
const restarting: PartState = { type: 'stopping', startAfter: true }
const backingOff: PartState = { type: 'backing_off', deaths: 1, retryInMs: 100 }
const failed: PartState = { type: 'failed' }

const TRANSITIONS: readonly (readonly [string, PartState, PartEvent, PartStep])[] = [
  ['a start launches a stopped part', stopped, start, { state: starting, action: 'launch' }],
  ['a start ends the wait of a part that died', backingOff, start, { state: starting, action: 'launch' }],
  ['a start tries a failed part again', failed, start, { state: starting, action: 'launch' }],
  ['a start during the stop is remembered', stopping, start, { state: restarting, action: null }],
  ['a stop during the stop forgets it again', restarting, stop, { state: stopping, action: null }],
  [
    'a part with a start remembered is launched after its exit',
    restarting,
    crashed,
    { state: starting, action: 'launch' },
  ],
  ['a stop ends a starting part', starting, stop, { state: stopping, action: 'terminate' }],
  ['a stop ends a ready part', ready, stop, { state: stopping, action: 'terminate' }],
  ['a stop ends a part that is not ready', notReady, stop, { state: stopping, action: 'terminate' }],
  ['a stopped part stays stopped after its exit', stopping, killedLate, { state: stopped, action: null }],
  ['a stop ends the wait of a part that died', backingOff, stop, { state: stopped, action: null }],
  ['a stop gives up a failed part', failed, stop, { state: stopped, action: null }],
  ['the first answer makes a part ready', starting, answers, { state: { type: 'ready', deaths: 0 }, action: null }],
  ['a ready part that answers no is not ready', ready, silent, { state: notReady, action: null }],
  ['a part that answers again is ready', notReady, answers, { state: ready, action: null }],
  [
    'a part that dies is tried again',
    starting,
    crashed,
    { state: { type: 'backing_off', deaths: 1, retryInMs: 100 }, action: 'schedule_retry' },
  ],
  [
    'a part that dies again and again waits longer',
    ready,
    crashed,
    { state: { type: 'backing_off', deaths: 4, retryInMs: 800 }, action: 'schedule_retry' },
  ],
  [
    'a part that lived half a minute starts counting anew',
    ready,
    killedLate,
    { state: { type: 'backing_off', deaths: 1, retryInMs: 100 }, action: 'schedule_retry' },
  ],
  ['a part that refuses its settings is not tried again', starting, refusedSettings, { state: failed, action: null }],
  ['the retry launches', backingOff, due, { state: { type: 'starting', deaths: 1 }, action: 'launch' }],
]

const UNCHANGED: readonly (readonly [string, PartState, PartEvent])[] = [
  ['a start of a starting part', starting, start],
  ['a start of a ready part', ready, start],
  ['a start of a part that is not ready', notReady, start],
  ['a stop of a stopped part', stopped, stop],
  ['a late answer after the stop', stopped, answers],
  ['a late answer while stopping', stopping, answers],
  ['a late answer after the death', backingOff, answers],
  ['no answer yet', starting, silent],
  ['an answer as before', ready, answers],
  ['a late retry after a stop', stopped, due],
  ['a late retry after a start by hand', starting, due],
  ['a late exit after a stop', stopped, crashed],
]

describe('state of a part', () => {
  for (const [name, state, event, expected] of TRANSITIONS)
    it(name, () => assert.deepEqual(nextPartState(state, event), expected))

  for (const [name, state, event] of UNCHANGED)
    it(`${name} changes nothing`, () => {
      const step = nextPartState(state, event)
      assert.equal(step.action, null)
      assert.deepEqual(step.state, state)
    })

  it('waits 100 ms after the first death, doubling to 5 s', () => {
    assert.deepEqual([1, 2, 3, 6, 7, 8, 1_000].map(retryDelayMs), [100, 200, 400, 3_200, 5_000, 5_000, 5_000])
  })
})
