import { isRequestId, isTenantId, isUuid, parseIdempotencyKey } from './identifiers.ts'

/** What we put around a producer's event on the log. */
export type EnvelopeHead = {
  receiptId: string
  tenantId: string
  idempotencyKey: string
  /** 64 hex digits. */
  fingerprint: string
  requestId: string
  /** RFC 3339, UTC, milliseconds. */
  receivedAt: string
}

export type EnvelopeReading =
  | { type: 'envelope'; head: EnvelopeHead; event: Uint8Array }
  | { type: 'malformed'; detail: string; pointer: string | null }

const EVENT_MEMBER = Buffer.from(',"event":')
/** The closing brace. */
const CLOSING = 0x7d

/** The record value of an event: the head, and the sender's bytes spliced in unchanged as the last member. */
export function encodeEnvelope(head: EnvelopeHead, body: Uint8Array): Buffer {
  // The idempotency key alone may hold characters that JSON escapes.
  const key = JSON.stringify(head.idempotencyKey)
  const text =
    `{"v":1,"receipt_id":"${head.receiptId}","tenant_id":"${head.tenantId}","idempotency_key":${key},` +
    `"fingerprint":"${head.fingerprint}","request_id":"${head.requestId}","received_at":"${head.receivedAt}","event":`
  const bytes = Buffer.allocUnsafe(text.length + body.length + 1)
  bytes.write(text, 'latin1')
  bytes.set(body, text.length)
  bytes[bytes.length - 1] = CLOSING
  return bytes
}

const malformed = (detail: string, pointer: string | null = null): EnvelopeReading => ({
  type: 'malformed',
  detail,
  pointer,
})

/**
 * Reads a record value. The head holds only scalars and a quote inside a string is escaped, so the first `,"event":` ends
 * it; whether the event's bytes are JSON is not looked at here.
 */
export function decodeEnvelope(value: Uint8Array): EnvelopeReading {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  const at = bytes.indexOf(EVENT_MEMBER)
  if (at === -1 || bytes.at(-1) !== CLOSING) return malformed('The record is not an envelope with an event')
  let head: unknown
  try {
    head = JSON.parse(`${bytes.toString('utf8', 0, at)}}`)
  } catch {
    return malformed('The head of the envelope is not JSON')
  }
  const parsed = parseHead(head)
  if ('type' in parsed) return parsed
  return { type: 'envelope', head: parsed, event: bytes.subarray(at + EVENT_MEMBER.length, bytes.length - 1) }
}

const HEAD_RULES: readonly [keyof EnvelopeHead, string, (value: string) => boolean][] = [
  ['receiptId', 'receipt_id', isUuid],
  ['tenantId', 'tenant_id', isTenantId],
  ['idempotencyKey', 'idempotency_key', (value) => parseIdempotencyKey(value) === value],
  ['fingerprint', 'fingerprint', (value) => /^[\da-f]{64}$/.test(value)],
  ['requestId', 'request_id', isRequestId],
  [
    'receivedAt',
    'received_at',
    (value) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(value) && !Number.isNaN(Date.parse(value)),
  ],
]

function parseHead(head: unknown): EnvelopeHead | EnvelopeReading {
  if (typeof head !== 'object' || head === null || Array.isArray(head))
    return malformed('The envelope is not an object')
  const members = head as Record<string, unknown>
  if (members.v !== 1) return malformed('The version of the envelope is not 1', '/v')
  const parsed: Partial<EnvelopeHead> = {}
  for (const [name, member, isValid] of HEAD_RULES) {
    const value = members[member]
    if (typeof value !== 'string' || !isValid(value))
      return malformed(`The envelope's ${member} is not valid`, `/${member}`)
    parsed[name] = value
  }
  return parsed as EnvelopeHead
}
