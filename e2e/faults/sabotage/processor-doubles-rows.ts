// Broken: a store without unique key. Killed after the transaction and before the commit, it stores the batch again.
import type { EventStore } from '@sluice/event-store/event-store'
import { StoreUnavailableError } from '@sluice/event-store/store-errors'
import type { Pool } from '@sluice/runtime/postgres'
import { killOnce } from './kill-once.ts'
import { wrapExport } from './wrap-export.ts'

const DROP_KEYS = 'ALTER TABLE events DROP CONSTRAINT IF EXISTS events_pkey; DROP INDEX IF EXISTS events_key'

type CreateStore = (parts: { pool: Pool; shard: number }) => EventStore
wrapExport<CreateStore>('@sluice/event-store/settle-batch', 'createEventStore', (create) => (parts) => {
  const store = create(parts)
  return {
    ...store,
    async settle(batch) {
      // Whoever is first; repeated with the batch until the database lets it.
      await parts.pool.query(DROP_KEYS).catch((cause: Error) => {
        throw new StoreUnavailableError('dropping the keys', null, { cause })
      })
      const outcomes = await store.settle(batch)
      if (batch.records.length > 1) killOnce()
      return outcomes
    },
  }
})
await import('../../../packages/processor/src/main.ts')
