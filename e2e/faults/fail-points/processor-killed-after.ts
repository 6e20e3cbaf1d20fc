// The real processor behind ports that end it, by kill -9 of this very process, right after the step that KILL_AFTER names.
import { setImmediate } from 'node:timers/promises'
import { DLQ_TOPIC } from '@sluice/contract/topics'
import type { EventLog } from '@sluice/event-log'
import type { EventStore } from '@sluice/event-store/event-store'
import type { Pool } from '@sluice/runtime/postgres'
import { wrapExport } from '../sabotage/wrap-export.ts'
import type { Step } from './steps.ts'

function dieAfter(step: Step): void {
  if (process.env.KILL_AFTER === step) process.kill(process.pid, 'SIGKILL')
}

type Open = (...args: never[]) => Promise<EventLog>
wrapExport<Open>('@sluice/event-log/open', 'openEventLog', (open) => async (...args) => {
  const log = await open(...args)
  return {
    ...log,
    async append(topic, records) {
      const outcomes = await log.append(topic, records)
      if (topic === DLQ_TOPIC) dieAfter('dead letters appended')
      return outcomes
    },
    async consume(options) {
      const consumer = await log.consume(options)
      return {
        assigned: () => consumer.assigned(),
        close: () => consumer.close(),
        [Symbol.asyncDispose]: () => consumer[Symbol.asyncDispose](),
        async next() {
          const batch = await consumer.next()
          if (batch === null) return null
          dieAfter('read')
          return {
            ...batch,
            async commit() {
              const committed = await batch.commit()
              dieAfter('offsets committed')
              return committed
            },
          }
        },
      }
    },
  }
})

type CreateStore = (parts: { pool: Pool; shard: number }) => EventStore
wrapExport<CreateStore>('@sluice/event-store/settle-batch', 'createEventStore', (create) => (parts) => {
  const store = create(parts)
  return {
    ...store,
    async settle(batch) {
      const settling = store.settle(batch)
      if (process.env.KILL_AFTER === 'transaction sent') {
        // The driver writes in this turn of the loop: PostgreSQL may come to its COMMIT, or may not.
        await setImmediate()
        dieAfter('transaction sent')
      }
      const outcomes = await settling
      dieAfter('transaction committed')
      return outcomes
    },
  }
})
await import('../../../packages/processor/src/main.ts')
