// Broken: never tells the gate how an append ended. Once the claim's lease is over, a repeat is taken for a new event.
import type { Gate } from '@sluice/gate'
import { wrapExport } from './wrap-export.ts'

type Open = (...args: never[]) => Promise<Gate>
wrapExport<Open>('@sluice/gate/open', 'openGate', (open) => async (...args) => ({
  ...(await open(...args)),
  settle: async () => {},
}))
await import('../../../packages/ingest/src/main.ts')
