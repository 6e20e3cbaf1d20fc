import type { GateCounts, GateMinute, KeyState } from '../gate.ts'
import { COUNTS_KEPT_MS, QUESTION_LIMIT_MS } from '../timing.ts'
import type { SendCommand } from './connection.ts'
import { toUuid } from './items.ts'
import type { RedisKeys } from './keys.ts'

const TEXT = { limitMs: QUESTION_LIMIT_MS }
const BYTES = { limitMs: QUESTION_LIMIT_MS, bytes: true }
const MINUTE_MS = 60_000
const MINUTES_A_DAY = 1_440
/** Tenants asked for at once: a day of one is 1,440 cells, and other calls wait while Redis reads them. */
const TENANTS_AT_ONCE = 20

/** Answers `Gate.find`; `at` is null for the clock of Redis. */
export async function findClaim(send: SendCommand, key: string, at: number | null): Promise<KeyState | null> {
  const [nowMs, claim] = await Promise.all([readClock(send, at), send(['GET', key], BYTES) as Promise<Buffer | null>])
  if (claim === null) return null
  // The bytes are explained at the head of admit.lua.
  const state = claim.toString('latin1', 0, 1)
  const [leaseUntilMs, forgottenAtMs] = [claim.readDoubleLE(1), claim.readDoubleLE(9)]
  const receiptId = toUuid(claim.subarray(65, 81))
  const isHeld = state.toLowerCase() === 'p' && leaseUntilMs > nowMs
  if (forgottenAtMs <= nowMs && !isHeld) return null
  const expiresAt = new Date(isHeld ? Math.max(forgottenAtMs, leaseUntilMs) : forgottenAtMs)
  return { state: state === 'd' ? 'accepted' : isHeld ? 'in_flight' : 'unknown', receiptId, expiresAt }
}

/** Answers `Gate.counts`; `at` is null for the clock of Redis. */
export async function readCounts(
  send: SendCommand,
  keys: RedisKeys,
  { tenantId, minutes, at }: { tenantId: string | null; minutes: number; at: number | null },
): Promise<GateCounts> {
  const [nowMs, since] = await Promise.all([readClock(send, at), send(['GET', keys.since], TEXT)])
  const last = Math.floor(nowMs / MINUTE_MS)
  const first = last - minutes + 1
  const tenants = tenantId === null ? await readTenants(send, keys, first) : [tenantId]
  const rows: GateMinute[] = []
  for (let from = 0; from < tenants.length; from += TENANTS_AT_ONCE) {
    const some = tenants.slice(from, from + TENANTS_AT_ONCE)
    rows.push(...(await Promise.all(some.map((tenant) => readTenant(send, keys, tenant, first, last)))).flat())
  }
  rows.sort((a, b) => a.minute.getTime() - b.minute.getTime() || (a.tenantId < b.tenantId ? -1 : 1))
  const wholeSinceMs = since === null ? await startCounting(send, keys, nowMs) : Number(since)
  return { minutes: rows, since: new Date(Math.max(wholeSinceMs, nowMs - COUNTS_KEPT_MS)) }
}

async function readTenants(send: SendCommand, keys: RedisKeys, firstMinute: number): Promise<string[]> {
  return (await send(['ZRANGEBYSCORE', keys.tenants, String(firstMinute), '+inf'], TEXT)) as string[]
}

async function readTenant(
  send: SendCommand,
  keys: RedisKeys,
  tenantId: string,
  first: number,
  last: number,
): Promise<GateMinute[]> {
  const places = Array.from({ length: last - first + 1 }, (_, nth) => String((first + nth) % MINUTES_A_DAY))
  const cells = (await send(['HMGET', keys.counts(tenantId), ...places], TEXT)) as (string | null)[]
  return cells.flatMap((cell, nth) => {
    const [minute, accepted = 0, duplicates = 0, limited = 0] = (cell ?? '').split(' ').map(Number)
    // Else nothing was counted in that minute: the cell is an older day's.
    if (minute !== first + nth) return []
    return [{ minute: new Date(minute * MINUTE_MS), tenantId, accepted, duplicates, limited }]
  })
}

/** Redis was emptied and nothing has been counted since: from now on it is. */
async function startCounting(send: SendCommand, keys: RedisKeys, nowMs: number): Promise<number> {
  const [, since] = await Promise.all([
    send(['SET', keys.since, String(nowMs), 'NX'], TEXT),
    send(['GET', keys.since], TEXT),
  ])
  return Number(since)
}

async function readClock(send: SendCommand, at: number | null): Promise<number> {
  if (at !== null) return at
  const [seconds, microseconds] = (await send(['TIME'], TEXT)) as [string, string]
  return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000)
}
