import { systemClock } from '@sluice/runtime/clock'
import { describeApiKeyStore } from './api-key-store.contract.ts'
import { createMemoryApiKeyStore } from './memory-api-key-store.ts'

describeApiKeyStore('memory', async () => createMemoryApiKeyStore({ clock: systemClock }))
