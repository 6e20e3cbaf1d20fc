import { newApiKey } from '@sluice/contract/api-keys'
import { beginOperation, describeOperation, type Operation } from '@sluice/event-store/operations'
import { asStoreErrors } from '@sluice/event-store/store-errors'
import type { StoredApiKey } from '@sluice/gate/api-key-store'
import { digestOf } from '@sluice/gate/keyring'
import { createPostgresApiKeyStore } from '@sluice/gate/postgres-api-key-store'
import { type Pool, withTransaction } from '@sluice/runtime/postgres'
import { ProblemError } from '@sluice/runtime/problem-error'

/** `key` is null when the operation was done before: only its digest was kept. */
export type CreatedApiKey = { key: string | null; apiKey: StoredApiKey }

/**
 * Makes a key of a tenant and puts it in force, together with its row in the audit, which has everything but the key.
 * @throws {OperationIdReusedError}
 * @throws {StoreUnavailableError} retryable: send the same operation again
 */
export function createApiKey(
  pool: Pool,
  operation: Operation,
  { tenantId, label }: { tenantId: string; label: string | null },
): Promise<CreatedApiKey> {
  return asStoreErrors('making an API key', () =>
    withTransaction(pool, async (client): Promise<CreatedApiKey> => {
      const store = createPostgresApiKeyStore(client)
      const { repeated, target } = await beginOperation(client, operation)
      if (repeated) return { key: null, apiKey: foundOr404(target === null ? null : await store.find(target)) }
      const { id, key } = newApiKey()
      const apiKey = await store.add({ id, tenantId, digest: digestOf(key), label, createdBy: operation.by })
      const after = JSON.stringify({ tenant_id: tenantId, label })
      await describeOperation(client, operation.id, { count: 1, before: null, after, target: id })
      return { key, apiKey }
    }),
  )
}

/**
 * Ends a key for good; one that was revoked before stays as it was.
 * @throws {ProblemError} 404
 * @throws {OperationIdReusedError}
 * @throws {StoreUnavailableError} retryable: send the same operation again
 */
export function revokeApiKey(pool: Pool, operation: Operation, id: string): Promise<StoredApiKey> {
  return asStoreErrors('revoking an API key', () =>
    withTransaction(pool, async (client) => {
      const store = createPostgresApiKeyStore(client)
      const { repeated } = await beginOperation(client, operation)
      const before = foundOr404(await store.find(id))
      if (repeated) return before
      const after = foundOr404(await store.revoke(id, operation.by))
      await describeOperation(client, operation.id, { count: 1, before: auditText(before), after: auditText(after) })
      return after
    }),
  )
}

const auditText = ({ tenantId, label, revokedAt }: StoredApiKey): string =>
  JSON.stringify({ tenant_id: tenantId, label, revoked_at: revokedAt })

/** Thrown within a transaction, which leaves no row in the audit then. */
function foundOr404(apiKey: StoredApiKey | null): StoredApiKey {
  if (apiKey === null) throw new ProblemError('NOT_FOUND', 'There is no API key with this id.')
  return apiKey
}
