// Broken: parses each payload and writes it out again. Numbers that no double holds come out as others.
import type { EventStore } from '@sluice/event-store/event-store'
import { wrapExport } from './wrap-export.ts'

type CreateStore = (...args: never[]) => EventStore
wrapExport<CreateStore>('@sluice/event-store/settle-batch', 'createEventStore', (create) => (...args) => {
  const store = create(...args)
  return {
    ...store,
    settle: ({ records, ...batch }) =>
      store.settle({
        ...batch,
        records: records.map((record) =>
          record.type === 'event'
            ? { ...record, event: { ...record.event, payload: rewritten(record.event.payload) } }
            : record,
        ),
      }),
  }
})

const rewritten = (payload: Uint8Array) => Buffer.from(JSON.stringify(JSON.parse(Buffer.from(payload).toString())))
await import('../../../packages/processor/src/main.ts')
