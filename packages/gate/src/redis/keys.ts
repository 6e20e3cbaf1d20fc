import { hash } from 'node:crypto'

/**
 * What the gate's keys in Redis are called. The braces are literal: all keys of a tenant are in one slot of a Redis Cluster. An
 * idempotency key is hashed, so that neither its length nor its characters matter, and shortened to 128 bits.
 */
export type RedisKeys = {
  /** Sorted set of the tenants counted in the last day, by the minute. */
  tenants: string
  /** Unix ms before which counts are not whole. */
  since: string
  /** The run id of the server that the counts were counted in. */
  run: string
  limit(tenantId: string): string
  counts(tenantId: string): string
  claim(tenantId: string, idempotencyKey: string): string
}

/** @param prefix stands before each name; empty but in tests that share a server */
export function redisKeys(prefix = ''): RedisKeys {
  return {
    tenants: `${prefix}gate:tenants`,
    since: `${prefix}gate:since`,
    run: `${prefix}gate:run`,
    limit: (tenantId) => `${prefix}rl:{${tenantId}}:w`,
    counts: (tenantId) => `${prefix}cnt:{${tenantId}}`,
    claim: (tenantId, idempotencyKey) =>
      `${prefix}idem:{${tenantId}}:${hash('sha256', idempotencyKey, 'base64url').slice(0, 22)}`,
  }
}
