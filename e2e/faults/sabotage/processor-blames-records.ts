// Broken: takes an outage of PostgreSQL for a fault of the records, and sets them aside.
import type { EventStore, SettleRecord } from '@sluice/event-store/event-store'
import { StoreUnavailableError } from '@sluice/event-store/store-errors'
import { wrapExport } from './wrap-export.ts'

type CreateStore = (...args: never[]) => EventStore
wrapExport<CreateStore>('@sluice/event-store/settle-batch', 'createEventStore', (create) => (...args) => {
  const store = create(...args)
  let blamed = false
  return {
    ...store,
    async settle(batch) {
      try {
        return await store.settle(blamed ? { ...batch, records: batch.records.map(setAside) } : batch)
      } catch (error) {
        blamed ||= error instanceof StoreUnavailableError
        throw error
      }
    },
  }
})

function setAside(record: SettleRecord): SettleRecord {
  if (record.type === 'dead_letter') return record
  const { event, ...rest } = record
  const { eventId, eventType } = event
  const why = { reason: 'UNSTORABLE', detail: 'It cannot be stored.', pointer: null, stage: 'store' } as const
  return { ...rest, ...why, type: 'dead_letter', eventId, eventType }
}
await import('../../../packages/processor/src/main.ts')
