import { gunzipSync } from 'node:zlib'
import type { Refusal } from './request-head.ts'

/**
 * Unpacks a gzip body (RFC 1952, several members are one body), never beyond `maxBytes`: a bomb costs what an event of the
 * largest size does. On the event loop: 25 µs of CPU for a small event where the thread pool takes 50, and 0.5 ms for
 * 256 KiB, less than checking its JSON.
 */
export function unpackGzip(body: Buffer, maxBytes: number, tooLarge: Refusal): Buffer | Refusal {
  try {
    return gunzipSync(body, { maxOutputLength: maxBytes })
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge : BROKEN_GZIP
  }
}

const BROKEN_GZIP: Refusal = {
  code: 'MALFORMED_BODY',
  detail: 'The body is not gzip, or ends before its end, though Content-Encoding says gzip.',
}
