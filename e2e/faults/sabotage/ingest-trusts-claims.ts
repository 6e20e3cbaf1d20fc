// Broken: a gate that calls a key under way a duplicate. When the first append then fails, the event is nowhere.
import type { EventLog } from '@sluice/event-log'
import { LogUnavailableError } from '@sluice/event-log'
import type { Gate } from '@sluice/gate'
import { wrapExport } from './wrap-export.ts'

type OpenGate = (...args: never[]) => Promise<Gate>
wrapExport<OpenGate>('@sluice/gate/open', 'openGate', (open) => async (...args) => {
  const gate = await open(...args)
  const receipts = new Map<string, string>()
  return {
    ...gate,
    async admit(requests) {
      const verdicts = await gate.admit(requests)
      return verdicts.map((verdict, index) => {
        const request = requests[index]
        const key = `${request?.tenantId} ${request?.idempotencyKey}`
        if (verdict.outcome === 'claimed') receipts.set(key, verdict.receiptId)
        const receiptId = receipts.get(key)
        return verdict.outcome === 'in_flight' && receiptId !== undefined
          ? { ...verdict, outcome: 'duplicate' as const, receiptId }
          : verdict
      })
    },
  }
})

/** Longer than it takes a storm's next repeats to arrive. */
const SLOW_MS = 300
/** The first micro-batches fail, each after a while; then the log works as ever. */
const FAILURES = 5
type OpenLog = (...args: never[]) => Promise<EventLog>
wrapExport<OpenLog>('@sluice/event-log/open', 'openEventLog', (open) => async (...args) => {
  const log = await open(...args)
  let failures = 0
  return {
    ...log,
    async append(topic, records) {
      if (failures++ >= FAILURES) return log.append(topic, records)
      await new Promise((resolve) => setTimeout(resolve, SLOW_MS))
      return records.map(() => ({ type: 'refused' as const, error: new LogUnavailableError('sabotaged') }))
    },
  }
})
await import('../../../packages/ingest/src/main.ts')
