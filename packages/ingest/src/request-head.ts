import type { IncomingMessage } from 'node:http'
import { parseIdempotencyKey } from '@sluice/contract/identifiers'
import type { ProblemCode } from '@sluice/contract/problems'
import { ACCEPTED_CODINGS, contentCodingOf } from './content-coding.ts'

/** Header fields as they came, each name with every value: a field that decides something may come once only. */
export type DistinctHeaders = Readonly<Record<string, readonly string[] | undefined>>

/** Attributes of a CloudEvent in binary mode, whatever they are called. */
export const CLOUD_EVENT_PREFIX = 'ce-'

/**
 * The fields of a request that ingest reads. Node takes a microsecond and more to list every value of every field; when no name came
 * twice, as always but in an attack, `headers` says the same.
 */
export function distinctHeadersOf(request: IncomingMessage): DistinctHeaders {
  const { headers } = request
  const names = Object.keys(headers)
  const isRepeated = names.length * 2 !== request.rawHeaders.length
  if (isRepeated || names.some((name) => name.startsWith(CLOUD_EVENT_PREFIX))) return request.headersDistinct
  return {
    authorization: once(headers.authorization),
    'content-encoding': once(headers['content-encoding']),
    'content-length': once(headers['content-length']),
    'content-type': once(headers['content-type']),
    'idempotency-key': once(headers['idempotency-key']),
    prefer: once(headers.prefer),
    traceparent: once(headers.traceparent),
    'x-api-key': once(headers['x-api-key']),
    'x-partition-key': once(headers['x-partition-key']),
  }
}

const once = (value: string | readonly string[] | undefined): readonly string[] | undefined =>
  typeof value === 'string' ? [value] : value

/** Why a request is refused before its event is looked at. `facts` are further members of the problem. */
export type Refusal = {
  code: ProblemCode
  detail: string
  headers?: readonly string[]
  facts?: Record<string, unknown>
  errors?: readonly { pointer: string; detail: string }[]
}

/** A media type, and at most the one charset that JSON has. */
const MEDIA_TYPE = /^([\w.+-]+\/[\w.+-]+)(?:[ \t]*;[ \t]*charset=(?:utf-8|"utf-8"))?[ \t]*$/i

/**
 * Media type and coding of the body, or why it is not read: RFC 9110, sections 8.3 and 8.4.
 * @param taken media types in lower case, without parameters
 */
export function refuseMedia(headers: DistinctHeaders, taken: readonly string[]): Refusal | null {
  const types = headers['content-type'] ?? []
  const type = types.length === 1 ? MEDIA_TYPE.exec(types[0] ?? '')?.[1]?.toLowerCase() : undefined
  if (type === undefined || !taken.includes(type)) {
    return {
      code: 'UNSUPPORTED_MEDIA_TYPE',
      detail: `Send it with Content-Type: ${taken.join(' or ')}.`,
      headers: ['Accept', taken.join(', ')],
    }
  }
  if (contentCodingOf(headers) === null) {
    return {
      code: 'UNSUPPORTED_ENCODING',
      detail: 'Send the body as it is, or with Content-Encoding: gzip.',
      headers: ['Accept-Encoding', ACCEPTED_CODINGS],
    }
  }
  return null
}

/** The declared size of the body; null when it comes in chunks and its size is not known beforehand. */
export function declaredBytes(headers: DistinctHeaders): number | null {
  const declared = headers['content-length']?.[0]
  return declared === undefined ? null : Number(declared)
}

export function tooLarge(limitBytes: number): Refusal {
  return {
    code: 'TOO_LARGE',
    detail: `The event is larger than the ${limitBytes} bytes that are taken. Send less, or a reference to the rest.`,
    facts: { limit_bytes: limitBytes },
  }
}

/** The API key that the request shows, by `X-API-Key` or as a bearer token; null when there is none, or more than one. */
export function apiKeyOf(headers: DistinctHeaders): string | null {
  const keys = headers['x-api-key'] ?? []
  const authorizations = headers.authorization ?? []
  if (keys.length + authorizations.length !== 1) return null
  if (keys.length === 1) return keys[0] ?? null
  return /^Bearer +([^ ]+)$/i.exec(authorizations[0] ?? '')?.[1] ?? null
}

export const KEY_RULE = '1 to 255 visible ASCII characters'

/** The idempotency key of the request, or why there is none. */
export function idempotencyKeyOf(headers: DistinctHeaders): { key: string } | Refusal {
  const values = headers['idempotency-key'] ?? []
  if (values.length === 0) {
    return {
      code: 'IDEMPOTENCY_KEY_MISSING',
      detail: `Send an Idempotency-Key of ${KEY_RULE}, made once per event and sent again with every retry.`,
    }
  }
  const key = values.length === 1 ? parseIdempotencyKey(values[0] ?? '') : null
  if (key === null) {
    return { code: 'IDEMPOTENCY_KEY_MALFORMED', detail: `Send exactly one Idempotency-Key, of ${KEY_RULE}.` }
  }
  return { key }
}

/** The partition key: the rule and code of the idempotency key. Null when the sender gave none. */
export function partitionKeyOf(headers: DistinctHeaders): { partitionKey: string | null } | Refusal {
  const values = headers['x-partition-key'] ?? []
  if (values.length === 0) return { partitionKey: null }
  const partitionKey = values.length === 1 ? parseIdempotencyKey(values[0] ?? '') : null
  if (partitionKey === null) {
    return { code: 'IDEMPOTENCY_KEY_MALFORMED', detail: `Send at most one X-Partition-Key, of ${KEY_RULE}.` }
  }
  return { partitionKey }
}

/** Whether the sender asks for validation before acceptance: RFC 7240, `Prefer: handling=strict`. */
export function wantsStrictHandling(headers: DistinctHeaders): boolean {
  if (headers.prefer === undefined) return false
  const preferences = headers.prefer.join(',').split(',')
  return preferences.some((preference) => /^\s*handling\s*=\s*"?strict"?\s*(?:;|$)/i.test(preference))
}

/** Version ff and ids of zeros alone are invalid. */
const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/

/** `traceparent` of W3C Trace Context, section 3.2; null when absent or malformed: a broken trace refuses no event. */
export function traceparentOf(headers: DistinctHeaders): string | null {
  const values = headers.traceparent
  if (values === undefined) return null
  const value = values.length === 1 ? (values[0] ?? '') : ''
  return TRACEPARENT.test(value) ? value : null
}
