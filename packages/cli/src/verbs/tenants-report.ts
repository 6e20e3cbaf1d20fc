import type { Json } from '../admin-client.ts'
import { cell, table } from '../table.ts'

/** `tenants ls`: limit and use, and what came of the last hour and day. Unknown numbers are `-`, never 0. */
export function tenantsReport(body: Json): string {
  const rows = Array.isArray(body.data) ? (body.data as Json[]) : []
  const both = (tenant: Json, member: string) => {
    const [hour, day] = [tenant.last_1h, tenant.last_24h] as (Json | undefined)[]
    return `${cell(hour?.[member])} / ${cell(day?.[member])}`
  }
  return table([
    ['TENANT', 'LIMIT', 'LAST MINUTE', 'ACCEPTED 1 h / 24 h', 'DUPLICATES', 'LIMITED', 'DEAD-LETTERED', 'LAST SEEN'],
    ...rows.map((tenant) => [
      cell(tenant.tenant_id),
      cell(tenant.limit_per_min),
      cell(usedOf(tenant.last_minute as Json | null)),
      both(tenant, 'accepted'),
      both(tenant, 'duplicates'),
      both(tenant, 'rate_limited'),
      both(tenant, 'dead_lettered'),
      cell(tenant.last_seen_at),
    ]),
  ])
}

/** Accepted and duplicates both cost of the limit. */
const usedOf = (minute: Json | null) => (minute === null ? null : Number(minute.accepted) + Number(minute.duplicates))
