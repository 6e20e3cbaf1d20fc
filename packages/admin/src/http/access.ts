import { createHash, timingSafeEqual } from 'node:crypto'
import { ProblemError } from '@sluice/runtime/problem-error'

/** What decides whether a request may be answered. */
export type AccessRequest = { authorization?: string | undefined; host?: string | undefined }

/** What a browser says of the page that asks. */
export type ChangeRequest = {
  host?: string | undefined
  origin?: string | undefined
  'sec-fetch-site'?: string | string[] | undefined
}

/**
 * Refuses a change that a page from elsewhere asks for: a browser sends our credentials along, and says whose page it is.
 * @throws {ProblemError} 403
 */
export function refuseForeignOrigin(request: ChangeRequest): void {
  const { host, origin } = request
  const site = request['sec-fetch-site'] ?? 'none'
  const isOurs = origin === undefined || (URL.parse(origin)?.host === host && host !== undefined)
  if (isOurs && (site === 'none' || site === 'same-origin')) return
  throw new ProblemError('FORBIDDEN', 'A page of another origin may not change anything here.')
}

export type Access = {
  /** @throws {ProblemError} 401 without the token; 403 for a foreign `Host` when there is no token */
  check(request: AccessRequest): void
  isTrusted(request: AccessRequest): boolean
}

const digestOf = (text: string) => createHash('sha256').update(text).digest()
const LOOPBACK_HOST = /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(:\d{1,5})?$/i

/**
 * With a token every request must show it, compared as digests in constant time. Without one only loopback names are
 * answered in `Host`: a page elsewhere that points its name at 127.0.0.1 (DNS rebinding) has another.
 */
export function createAccess(adminToken: string | null): Access {
  const expected = adminToken === null ? null : digestOf(adminToken)
  function refusal({ authorization, host }: AccessRequest): ProblemError | null {
    if (expected === null) {
      if (LOOPBACK_HOST.test(host ?? '')) return null
      return new ProblemError('FORBIDDEN', 'Without ADMIN_TOKEN this server answers on loopback names only.')
    }
    const token = /^Bearer +([^ ]+)$/i.exec(authorization ?? '')?.[1] ?? ''
    if (timingSafeEqual(digestOf(token), expected)) return null
    return new ProblemError('UNAUTHENTICATED', 'Send the admin token as a bearer token.')
  }
  return {
    check(request) {
      const refused = refusal(request)
      if (refused !== null) throw refused
    },
    isTrusted: (request) => refusal(request) === null,
  }
}
