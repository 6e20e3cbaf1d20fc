import type { DistinctHeaders } from './request-head.ts'

export type ContentCoding = 'identity' | 'gzip'

/** What `Accept-Encoding` says with a refusal: RFC 9110, section 12.5.3. */
export const ACCEPTED_CODINGS = 'gzip, identity'

/**
 * The one coding of the body: RFC 9110, section 8.4, where `x-gzip` is another name of gzip. Null for a coding that is not
 * taken, and for more than one: two layers could unpack a millionfold.
 */
export function contentCodingOf(headers: DistinctHeaders): ContentCoding | null {
  const fields = headers['content-encoding']
  if (fields === undefined) return 'identity'
  const named = fields.join(',').toLowerCase().split(',')
  const codings = named.map((name) => name.trim()).filter((name) => name !== '' && name !== 'identity')
  const [coding = 'identity'] = codings
  if (codings.length > 1) return null
  return coding === 'gzip' || coding === 'x-gzip' ? 'gzip' : coding === 'identity' ? 'identity' : null
}

// A body that cannot be made smaller still fits: stored blocks cost 5 bytes for each 64 KiB, head and checksum 18.
const GZIP_OVERHEAD_BYTES = 1_024

/** The bytes that may arrive for a body of at most `maxBytes` when it is unpacked. */
export const maxEncodedBytes = (coding: ContentCoding, maxBytes: number) =>
  coding === 'gzip' ? maxBytes + GZIP_OVERHEAD_BYTES : maxBytes
