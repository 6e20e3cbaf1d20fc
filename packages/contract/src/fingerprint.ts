import { hash } from 'node:crypto'

/** SHA-256 of an event's bytes after content decoding, as 64 hex digits: tells a repeat from another body under one key. */
export const fingerprintOf = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex')
