import type { AdmitRow } from '../admit-rows.ts'
import type { AdmitRequest } from '../gate.ts'
import type { ByTenant } from '../group-by-tenant.ts'
import type { ScriptCall } from './connection.ts'
import { packItems, toUuid } from './items.ts'
import type { RedisKeys } from './keys.ts'

export type AdmitTimes = { leaseMs: number; windowMs: number; at: number | null }

/** Keys and arguments of admit.lua for one call. */
export function admitCall(keys: RedisKeys, grouped: ByTenant<AdmitRequest>, times: AdmitTimes): ScriptCall {
  const { items, tenants, sizes } = grouped
  const names = [keys.tenants, keys.since]
  const args: (string | Buffer)[] = [
    times.at === null ? '' : String(times.at),
    String(times.leaseMs),
    String(times.windowMs),
    String(tenants.length),
    packItems(grouped),
  ]
  let first = 0
  for (const [nth, tenantId] of tenants.entries()) {
    const size = sizes[nth] ?? 0
    names.push(keys.limit(tenantId), keys.counts(tenantId))
    args.push(tenantId, String(size), packLimits(items, first, size))
    first += size
  }
  for (const { tenantId, idempotencyKey } of items) names.push(keys.claim(tenantId, idempotencyKey))
  return { keys: names, args }
}

/** One for all when they are the same, as they nearly always are. */
function packLimits(items: readonly AdmitRequest[], first: number, size: number): Buffer {
  const limitOf = (place: number) => Math.min(items[first + place]?.limitPerMin ?? 0, 0xffff_ffff)
  let count = 1
  for (let place = 1; place < size; place++) if (limitOf(place) !== limitOf(0)) count = size
  const packed = Buffer.alloc(4 * count)
  for (let place = 0; place < count; place++) packed.writeUInt32LE(limitOf(place), 4 * place)
  return packed
}

/** The rows in what admit.lua returned. */
export function readAdmitReply(reply: readonly (number | Buffer)[], tenants: number): AdmitRow[] {
  const rows: AdmitRow[] = []
  const numberAt = (index: number) => Number(reply[index])
  for (let nth = 0; nth < tenants; nth++) {
    const [used, wait_ms] = [numberAt(2 * nth), numberAt(2 * nth + 1)]
    rows.push({ outcome: null, place: nth + 1, receipt_id: null, used, wait_ms })
  }
  for (let index = 2 * tenants; index < reply.length; index += 3)
    rows.push(toRow(numberAt(index), numberAt(index + 1), reply[index + 2]))
  return rows
}

const OUTCOMES = [null, 'over_limit', 'claimed', 'duplicate', 'in_flight', 'other_body'] as const

function toRow(place: number, code: number, what: number | Buffer | undefined): AdmitRow {
  const outcome = OUTCOMES[code]
  switch (outcome) {
    case 'over_limit':
      return { outcome, place, receipt_id: null, used: null, wait_ms: Number(what) }
    case 'claimed':
    case 'duplicate':
      return { outcome, place, receipt_id: toUuid(what as Buffer), used: null, wait_ms: null }
    case 'in_flight':
    case 'other_body':
      return { outcome, place, receipt_id: null, used: null, wait_ms: null }
    default:
      throw new Error(`admit.lua gave an outcome that it has not got: ${code}`)
  }
}
