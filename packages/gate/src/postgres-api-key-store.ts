import type { Pool, PoolClient } from '@sluice/runtime/postgres'
import type { ApiKeyDigest, ApiKeyStore, StoredApiKey } from './api-key-store.ts'

const SEEN = `id, tenant_id AS "tenantId", label, created_at AS "createdAt", created_by AS "createdBy",
  revoked_at AS "revokedAt", revoked_by AS "revokedBy"`

const IN_FORCE = `
  SELECT id, tenant_id AS "tenantId", encode(digest, 'hex') AS digest FROM api_keys WHERE revoked_at IS NULL ORDER BY number`

const ADD = `
  INSERT INTO api_keys (id, tenant_id, digest, label, created_by) VALUES ($1, $2, decode($3, 'hex'), $4, $5)
  RETURNING ${SEEN}`

const REVOKE = `
  UPDATE api_keys SET revoked_at = clock_timestamp(), revoked_by = $2 WHERE id = $1 AND revoked_at IS NULL RETURNING ${SEEN}`

const LIST = `
  SELECT ${SEEN}, number FROM api_keys
  WHERE ($1::text IS NULL OR tenant_id = $1) AND ($2::bigint IS NULL OR number < $2)
  ORDER BY number DESC LIMIT $3`

/** The keys in table `api_keys`: migrations/0002-api-keys.sql. */
export function createPostgresApiKeyStore(database: Pool | PoolClient): ApiKeyStore {
  async function find(id: string): Promise<StoredApiKey | null> {
    const { rows } = await database.query<StoredApiKey>(`SELECT ${SEEN} FROM api_keys WHERE id = $1`, [id])
    return rows[0] ?? null
  }

  return {
    async inForce() {
      return (await database.query<ApiKeyDigest>(IN_FORCE)).rows
    },
    async add({ id, tenantId, digest, label, createdBy }) {
      const { rows } = await database.query<StoredApiKey>(ADD, [id, tenantId, digest, label, createdBy])
      const [added] = rows
      if (added === undefined) throw new Error('an insert that returned no row')
      return added
    },
    async revoke(id, revokedBy) {
      const { rows } = await database.query<StoredApiKey>(REVOKE, [id, revokedBy])
      return rows[0] ?? find(id)
    },
    find,
    async list(tenantId, { cursor, limit }) {
      // One more than asked for tells whether there is another page.
      const { rows } = await database.query<StoredApiKey & { number: string }>(LIST, [tenantId, cursor, limit + 1])
      const shown = rows.slice(0, limit)
      const last = rows.length > limit ? shown.at(-1) : undefined
      return { keys: shown.map(({ number: _, ...key }) => key), nextCursor: last?.number ?? null }
    },
  }
}
