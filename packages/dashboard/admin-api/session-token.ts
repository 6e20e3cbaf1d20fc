import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

export const SESSION_COOKIE = 'sluice_session'
/** A working day and a night shift are shorter. */
export const SESSION_MS = 12 * 3_600_000

const digestOf = (text: string) => createHash('sha256').update(text).digest()

/** Compared as digests, in constant time. */
export const isSameSecret = (given: string, expected: string): boolean =>
  timingSafeEqual(digestOf(given), digestOf(expected))

/** Signed by a key made from the admin token: a changed token ends every session. */
function signatureOf(payload: string, adminToken: string): string {
  const key = createHmac('sha256', adminToken).update('sluice dashboard session').digest()
  return createHmac('sha256', key).update(payload).digest('base64url')
}

/** The value of the session cookie: until when it holds, something random, and the signature of both. Holds nothing of the token. */
export function createSession(adminToken: string, nowMs: number): string {
  const payload = `${nowMs + SESSION_MS}.${randomBytes(12).toString('base64url')}`
  return `${payload}.${signatureOf(payload, adminToken)}`
}

/** Until when a session holds, in Unix milliseconds; null when it is no session of ours, or over. */
export function sessionEnd(cookie: string | undefined, adminToken: string, nowMs: number): number | null {
  const [, payload = '', end = '', signature = ''] = /^((\d{13})\.[\w-]{16})\.([\w-]{43})$/.exec(cookie ?? '') ?? []
  if (payload === '' || !isSameSecret(signature, signatureOf(payload, adminToken))) return null
  return Number(end) > nowMs ? Number(end) : null
}
