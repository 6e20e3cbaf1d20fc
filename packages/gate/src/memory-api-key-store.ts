import type { Clock } from '@sluice/runtime/clock'
import type { ApiKeyDigest, ApiKeyStore, StoredApiKey } from './api-key-store.ts'

/** The keys of this process alone: for tests of what reads them. */
export function createMemoryApiKeyStore({ clock }: { clock: Clock }): ApiKeyStore {
  const rows: (StoredApiKey & ApiKeyDigest)[] = []
  const find = (id: string) => rows.find((row) => row.id === id) ?? null
  const seen = ({ digest: _, ...key }: StoredApiKey & ApiKeyDigest): StoredApiKey => key

  return {
    async inForce() {
      return rows
        .filter(({ revokedAt }) => revokedAt === null)
        .map(({ id, tenantId, digest }) => ({ id, tenantId, digest }))
    },
    async add(key) {
      if (find(key.id) !== null) throw new Error('there is a key of this id')
      const row = { ...key, createdAt: new Date(clock.now()), revokedAt: null, revokedBy: null }
      rows.push(row)
      return seen(row)
    },
    async revoke(id, revokedBy) {
      const row = find(id)
      if (row !== null && row.revokedAt === null) Object.assign(row, { revokedAt: new Date(clock.now()), revokedBy })
      return row === null ? null : seen(row)
    },
    async find(id) {
      const row = find(id)
      return row === null ? null : seen(row)
    },
    async list(tenantId, { cursor, limit }) {
      const before = cursor === null ? rows.length : Number(cursor)
      const matching = rows
        .map((row, number) => ({ row, number }))
        .filter(({ row, number }) => number < before && (tenantId === null || row.tenantId === tenantId))
        .reverse()
      const shown = matching.slice(0, limit)
      const last = matching.length > limit ? shown.at(-1) : undefined
      return { keys: shown.map(({ row }) => seen(row)), nextCursor: last === undefined ? null : String(last.number) }
    },
  }
}
