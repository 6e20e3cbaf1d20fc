import { randomFillSync } from 'node:crypto'

/** What people are told of {@link isTenantId}. */
export const TENANT_RULE = '1 to 64 characters of A-Z a-z 0-9 _ -'

/** A tenant: the team whose API key was used. The pattern keeps separators out of composed keys. */
export const isTenantId = (value: string) => /^[A-Za-z0-9_-]{1,64}$/.test(value)

/** A request id that we take over from a sender. */
export const isRequestId = (value: string) => /^[A-Za-z0-9._:-]{1,128}$/.test(value)

/** A UUID in its lower-case text form: RFC 9562, section 4. */
export const isUuid = (value: string) => /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/.test(value)

/**
 * The idempotency key of a field value: 1 to 255 visible ASCII characters, with one pair of surrounding double quotes
 * taken off, so that the quoted form of draft-ietf-httpapi-idempotency-key-header-07 and the bare form are one key.
 * @returns null when the value breaks the rule
 */
export function parseIdempotencyKey(raw: string): string | null {
  const key = raw.length >= 2 && raw.startsWith('"') && raw.endsWith('"') ? raw.slice(1, -1) : raw
  return /^[\x21-\x7e]{1,255}$/.test(key) ? key : null
}

const entropy = Buffer.alloc(8_192)
let entropyUsed = entropy.length
let lastMs = 0
let sequence = 0

/**
 * A new receipt id: UUID v7 (RFC 9562, section 5.7), ascending within this process: ids of one millisecond count up in
 * `rand_a` (method 1 of section 6.2), and a clock that goes back keeps the last millisecond.
 * @param nowMs Unix time in milliseconds
 */
export function newReceiptId(nowMs: number): string {
  if (nowMs > lastMs) {
    lastMs = nowMs
    sequence = 0
  } else if (sequence === 0xfff) {
    lastMs += 1
    sequence = 0
  } else sequence += 1
  if (entropyUsed === entropy.length) {
    randomFillSync(entropy)
    entropyUsed = 0
  }
  const time = lastMs.toString(16).padStart(12, '0')
  const random = entropy.toString('hex', entropyUsed, entropyUsed + 8)
  entropyUsed += 8
  const variant = ((Number.parseInt(random.charAt(0), 16) & 3) | 8).toString(16)
  const randA = sequence.toString(16).padStart(3, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randA}-${variant}${random.slice(1, 4)}-${random.slice(4)}`
}

/** Unix ms at which a receipt id was made; null when it is no UUID v7. */
export function receiptTimeMs(receiptId: string): number | null {
  if (!isUuid(receiptId) || receiptId.charAt(14) !== '7') return null
  return Number.parseInt(receiptId.slice(0, 8) + receiptId.slice(9, 13), 16)
}
