import type { ApiKeyEntry } from '@sluice/contract/api-keys'
import { errorFields } from '@sluice/runtime/error-fields'
import type { Logger } from '@sluice/runtime/logger'
import { withinLimit } from '@sluice/runtime/within-limit'
import type { ApiKeyStore } from './api-key-store.ts'
import { createKeyring, type Keyring } from './keyring.ts'

/** A keyring that follows the keys made and revoked while it is used. */
export interface LiveKeyring extends Keyring, AsyncDisposable {
  /** Reads now and from then on every 10 s; resolves after the first read, also when that failed. */
  start(): Promise<void>
  /** Reads now. Never rejects: the keys known last stay in force. */
  refresh(): Promise<void>
  /** Whether the last read succeeded. */
  isFresh(): boolean
}

// A revoked key dies within 30 s (reliability.md 8): read right before it was revoked, then one read that is lost in its time limit,
// then one that succeeds: 10 + 5 + 5 s, and 10 to spare for a process that was held up.
const READ_EVERY_MS = 10_000
const READ_LIMIT_MS = 5_000

type LiveKeyringOptions = {
  /** Keys that are always in force: those of API_KEYS. */
  entries: readonly ApiKeyEntry[]
  store: Pick<ApiKeyStore, 'inForce'>
  log: Pick<Logger, 'info' | 'warn'>
}

/**
 * Holds `entries` and what `store` holds. Never asked per request: what it knows is replaced by each read that found a change.
 * While the store is away all keys known last stay in force, a revoked one too; before the first read only `entries` are known.
 */
export function createLiveKeyring({ entries, store, log }: LiveKeyringOptions): LiveKeyring {
  let current = createKeyring(entries)
  /** Of what was read last. A key never changes, so ids tell all; null before the first read. */
  let known: string | null = null
  let isFresh = true
  let timer: NodeJS.Timeout | undefined
  // One after the other: a caller of `refresh` wants what is there now, not what a read under way began with.
  let reading: Promise<void> = Promise.resolve()

  async function read(): Promise<void> {
    try {
      const stored = await withinLimit(READ_LIMIT_MS, () => store.inForce())
      if (!isFresh) log.info('api_keys.read_again', { stored: stored.length })
      isFresh = true
      const ids = stored.map(({ id }) => id).join()
      if (ids === known) return
      current = createKeyring(entries, stored)
      known = ids
      log.info('api_keys.changed', { configured: entries.length, stored: stored.length })
    } catch (error) {
      if (isFresh) log.warn('api_keys.not_read', errorFields(error))
      isFresh = false
    }
  }

  function refresh(): Promise<void> {
    reading = reading.then(read)
    return reading
  }

  return {
    tenantOf: (apiKey) => current.tenantOf(apiKey),
    isComplete: () => known !== null,
    start() {
      timer ??= setInterval(refresh, READ_EVERY_MS).unref()
      return refresh()
    },
    refresh,
    isFresh: () => isFresh,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await reading
    },
  }
}
