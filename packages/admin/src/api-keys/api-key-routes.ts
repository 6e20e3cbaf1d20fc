import {
  CreatedKeyBody,
  CreateKeyRequest,
  type KeyBody,
  KeyChangeBody,
  KeyParams,
  KeysBody,
  KeysQuery,
  RevokeKeyRequest,
} from '@sluice/contract/admin-api/keys'
import { asStoreErrors } from '@sluice/event-store/store-errors'
import type { StoredApiKey } from '@sluice/gate/api-key-store'
import { createPostgresApiKeyStore } from '@sluice/gate/postgres-api-key-store'
import type { HttpApp } from '@sluice/runtime/http-app'
import type { AdminParts } from '../admin-parts.ts'
import { operationOf, refuseReusedId } from '../audit/operation.ts'
import { createApiKey, revokeApiKey } from './change-api-keys.ts'

/** `/admin/keys`: API keys that were made here. A key is in one answer only, that to the request which made it. */
export function addApiKeyRoutes(app: HttpApp, { pool }: AdminParts): void {
  const store = createPostgresApiKeyStore(pool)

  app.get(
    '/admin/keys',
    {
      schema: {
        summary: 'API keys that were made here, newest first, revoked ones too',
        description: 'Those of API_KEYS are settings, and not among them.',
        querystring: KeysQuery,
        response: { 200: KeysBody },
      },
    },
    async ({ query }): Promise<KeysBody> => {
      const { tenant = null, cursor = null, limit } = query
      const { keys, nextCursor } = await asStoreErrors('listing API keys', () => store.list(tenant, { cursor, limit }))
      return { data: keys.map(keyBody), next_cursor: nextCursor }
    },
  )

  app.post(
    '/admin/keys',
    {
      schema: {
        summary: 'Make an API key',
        description: 'In force within 10 s.',
        body: CreateKeyRequest,
        response: { 200: CreatedKeyBody, 201: CreatedKeyBody },
      },
    },
    async (request, reply) => {
      const { operation_id, tenant_id: tenantId, label = null } = request.body
      const operation = operationOf('create_key', null, request)
      const { key, apiKey } = await refuseReusedId(createApiKey(pool, operation, { tenantId, label }))
      return reply.code(key === null ? 200 : 201).send({ operation_id, key, api_key: keyBody(apiKey) })
    },
  )

  app.post(
    '/admin/keys/:id/revoke',
    {
      schema: {
        summary: 'Refuse an API key from now on',
        description: 'Refused within 30 s while the database answers. Once revoked it stays as it is.',
        params: KeyParams,
        body: RevokeKeyRequest,
        response: { 200: KeyChangeBody },
      },
    },
    async (request): Promise<KeyChangeBody> => {
      const { id } = request.params
      const apiKey = await refuseReusedId(revokeApiKey(pool, operationOf('revoke_key', id, request), id))
      return { operation_id: request.body.operation_id, api_key: keyBody(apiKey) }
    },
  )
}

const keyBody = (key: StoredApiKey): KeyBody => ({
  id: key.id,
  tenant_id: key.tenantId,
  label: key.label,
  created_at: key.createdAt.toISOString(),
  created_by: key.createdBy,
  revoked_at: key.revokedAt?.toISOString() ?? null,
  revoked_by: key.revokedBy,
})
