// Broken: a limiter that forgets what it let through, once a second.
import type { Gate } from '@sluice/gate'
import { createMemoryGate } from '@sluice/gate/memory'
import { systemClock } from '@sluice/runtime/clock'
import { wrapExport } from './wrap-export.ts'

const FORGET_EVERY_MS = 1_000
const newGate = () => createMemoryGate({ clock: systemClock, windowMs: 1_800_000 })

type Open = (...args: never[]) => Promise<Gate>
wrapExport<Open>('@sluice/gate/open', 'openGate', () => async () => {
  let gate = newGate()
  setInterval(() => {
    gate = newGate()
  }, FORGET_EVERY_MS).unref()
  return {
    admit: (requests) => gate.admit(requests),
    settle: (outcomes) => gate.settle(outcomes),
    counts: (tenantId, minutes) => gate.counts(tenantId, minutes),
    find: (tenantId, key) => gate.find(tenantId, key),
    ready: () => gate.ready(),
    [Symbol.asyncDispose]: async () => {},
  }
})
await import('../../../packages/ingest/src/main.ts')
