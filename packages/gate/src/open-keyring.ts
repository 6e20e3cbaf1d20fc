import type { ApiKeyEntry } from '@sluice/contract/api-keys'
import type { Logger } from '@sluice/runtime/logger'
import { closePool, openPool } from '@sluice/runtime/postgres'
import { createKeyring, type Keyring } from './keyring.ts'
import { createLiveKeyring } from './live-keyring.ts'
import { createPostgresApiKeyStore } from './postgres-api-key-store.ts'

export type OpenKeyring = Keyring & AsyncDisposable & { isFresh(): boolean }

/**
 * Opens the keyring of a process that has no other use for the database: a connection of its own, closed with it. The database
 * may be away: then `entries` are known until it is back.
 * @param databaseUrl null: `entries` are all keys that there are
 */
export async function openKeyring(
  { entries, databaseUrl }: { entries: readonly ApiKeyEntry[]; databaseUrl: string | null },
  { log }: { log: Logger },
): Promise<OpenKeyring> {
  if (databaseUrl === null)
    return { ...createKeyring(entries), isFresh: () => true, [Symbol.asyncDispose]: async () => {} }
  const limits = { statementTimeoutMs: 2_000, lockTimeoutMs: 2_000, queryTimeoutMs: 2_500 }
  const pool = openPool({ url: databaseUrl, max: 1, applicationName: 'sluice-keys', ...limits, log })
  const keyring = createLiveKeyring({ entries, store: createPostgresApiKeyStore(pool), log })
  await keyring.start()
  return {
    ...keyring,
    async [Symbol.asyncDispose]() {
      await keyring[Symbol.asyncDispose]()
      await closePool(pool)
    },
  }
}
