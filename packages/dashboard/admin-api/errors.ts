/** A question that was not answered. `code` is the Admin API's, or one of this dashboard's own: ADMIN_UNREACHABLE, ADMIN_ANSWER_UNKNOWN, OFFLINE. */
export class AdminApiError extends Error {
  override readonly name = 'AdminApiError'
  readonly code: string
  readonly status: number
  readonly detail: string
  readonly requestId: string | null

  constructor(facts: { code: string; status: number; detail: string; requestId: string | null }) {
    super(`${facts.code}: ${facts.detail}`)
    this.code = facts.code
    this.status = facts.status
    this.detail = facts.detail
    this.requestId = facts.requestId
  }
}

/** Reads a problem (RFC 9457); what is none becomes one that says so. */
export function toAdminApiError(status: number, body: unknown, requestId: string | null): AdminApiError {
  const problem = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  const text = (name: string) => (typeof problem[name] === 'string' ? problem[name] : null)
  return new AdminApiError({
    code: text('code') ?? 'ADMIN_ANSWER_UNKNOWN',
    status,
    detail: text('detail') ?? text('title') ?? `The answer had status ${status} and no explanation.`,
    requestId: text('request_id') ?? requestId,
  })
}

type Sentence = { what: string; wayOut: string }

/** What people read: what happened, and what to do. */
const SENTENCES: Readonly<Record<string, Sentence>> = {
  ADMIN_UNREACHABLE: {
    what: 'The Admin API does not answer.',
    wayOut: 'See whether it runs: npx sluice dev status. This page asks again by itself.',
  },
  ADMIN_ANSWER_UNKNOWN: {
    what: 'The Admin API gave an answer that this dashboard does not know.',
    wayOut: 'Dashboard and admin may be of different versions: restart both.',
  },
  OFFLINE: {
    what: 'The dashboard does not answer.',
    wayOut: 'Look at your connection. This page asks again by itself.',
  },
  UNAUTHENTICATED: { what: 'The session is over.', wayOut: 'Sign in again; what is on the page stays.' },
  FORBIDDEN: { what: 'This is not allowed from here.', wayOut: 'Open the dashboard under the address that it prints.' },
  NOT_FOUND: { what: 'Nothing is here.', wayOut: 'It may be too old, or the link may be cut.' },
  STORE_UNAVAILABLE: {
    what: 'The store does not answer.',
    wayOut: 'Accepted events wait in the log meanwhile. This page asks again by itself.',
  },
  LOG_UNAVAILABLE: { what: 'The log does not answer.', wayOut: 'This page asks again by itself.' },
  OVERLOADED: { what: 'Too much is under way.', wayOut: 'Wait a moment, then try again.' },
  RATE_LIMITED: { what: 'Too many requests.', wayOut: 'Wait a moment, then try again.' },
  COUNT_CHANGED: { what: 'Another number matches now.', wayOut: 'Check again, then confirm the new number.' },
  ACTION_NOT_PERMITTED: {
    what: 'Its state does not permit this any more.',
    wayOut: 'Somebody else was faster: look at it again.',
  },
  DEAD_LETTER_REDRIVING: { what: 'It is being redriven.', wayOut: 'Wait for the outcome.' },
  NO_KEY_FOR_TENANT: {
    what: 'The Admin API holds no API key of this tenant.',
    wayOut: 'Choose another tenant, or send the curl command with your own key.',
  },
  INGEST_UNAVAILABLE: { what: 'Ingest cannot be reached.', wayOut: 'See whether it runs: npx sluice dev status.' },
}

/** An error in words: what, why, and the way out. */
export function explainError(error: unknown): {
  what: string
  detail: string
  wayOut: string
  requestId: string | null
} {
  if (!(error instanceof AdminApiError))
    return { what: 'This part of the page failed.', detail: '', wayOut: 'Try again.', requestId: null }
  const known = SENTENCES[error.code]
  return {
    what: known?.what ?? error.detail,
    detail: known === undefined || error.detail === known.what ? '' : error.detail,
    wayOut:
      known?.wayOut ??
      (error.status >= 500 ? 'Try again; if it stays, look for the request id in the logs.' : 'Change the request.'),
    requestId: error.requestId,
  }
}
