import type { ByTenant } from '../group-by-tenant.ts'

/** What a script is told of an item beside its key, and what a claim holds of it: fingerprint 32, token 16, receipt 16 bytes. */
export const ITEM_BYTES = 64

type Item = { fingerprint: string; token: string; receiptId: string }

/** The items of a call in one text of bytes: one argument instead of three for each. */
export function packItems({ items }: ByTenant<Item>): Buffer {
  let hex = ''
  for (const { fingerprint, token, receiptId } of items)
    hex += fingerprint + withoutDashes(token) + withoutDashes(receiptId)
  const bytes = Buffer.from(hex, 'hex')
  // `from` stops at what is no digit: every item after it would be another one's.
  if (bytes.length !== items.length * ITEM_BYTES)
    throw new TypeError('a fingerprint is 64 hex digits, tokens and receipts are UUIDs')
  return bytes
}

const withoutDashes = (uuid: string) =>
  uuid.slice(0, 8) + uuid.slice(9, 13) + uuid.slice(14, 18) + uuid.slice(19, 23) + uuid.slice(24)

export function toUuid(bytes: Buffer): string {
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
