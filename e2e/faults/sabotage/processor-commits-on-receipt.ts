// Broken: commits what it was given before it is stored. Killed between the two, the batch is lost.
import type { EventLog } from '@sluice/event-log'
import { killOnce } from './kill-once.ts'
import { wrapExport } from './wrap-export.ts'

type Open = (...args: never[]) => Promise<EventLog>

wrapExport<Open>('@sluice/event-log/open', 'openEventLog', (open) => async (...args) => {
  const log = await open(...args)
  return {
    ...log,
    async consume(options) {
      const consumer = await log.consume(options)
      return {
        assigned: () => consumer.assigned(),
        close: () => consumer.close(),
        [Symbol.asyncDispose]: () => consumer[Symbol.asyncDispose](),
        async next() {
          const batch = await consumer.next()
          if (batch === null) return null
          const committed = await batch.commit()
          if (batch.records.length > 1) killOnce()
          return { ...batch, commit: async () => committed }
        },
      }
    },
  }
})
await import('../../../packages/processor/src/main.ts')
