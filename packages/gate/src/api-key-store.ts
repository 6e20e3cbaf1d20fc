/** What a key is compared with; nothing in it lets anybody in. */
export type ApiKeyDigest = {
  id: string
  tenantId: string
  /** SHA-256 of the whole key: 64 hex digits. */
  digest: string
}

/** A key that was made here, as people may see it. */
export type StoredApiKey = {
  id: string
  tenantId: string
  label: string | null
  createdAt: Date
  createdBy: string
  /** Null while it is in force, as is `revokedBy`. */
  revokedAt: Date | null
  revokedBy: string | null
}

export type ApiKeyToAdd = ApiKeyDigest & { label: string | null; createdBy: string }

export type ApiKeyPage = { keys: readonly StoredApiKey[]; nextCursor: string | null }

/**
 * Keeps the API keys that were made at run time. Does not promise that a change is known elsewhere at once: who compares keys
 * reads them from time to time. Every method throws what the database threw, so that it may be part of a caller's transaction.
 */
export interface ApiKeyStore {
  /** All that are in force, oldest first. */
  inForce(): Promise<readonly ApiKeyDigest[]>
  /** Puts a key in force. @throws when its id is taken */
  add(key: ApiKeyToAdd): Promise<StoredApiKey>
  /** Ends a key for good; one that was revoked before stays as it was. Null when there is none of this id. */
  revoke(id: string, revokedBy: string): Promise<StoredApiKey | null>
  /** Null when there is none of this id. */
  find(id: string): Promise<StoredApiKey | null>
  /**
   * Newest first, revoked ones too.
   * @param tenantId null: of all tenants
   * @param cursor `nextCursor` of the page before: decimal digits
   */
  list(tenantId: string | null, page: { cursor: string | null; limit: number }): Promise<ApiKeyPage>
}
