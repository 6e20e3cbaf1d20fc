/** Media type of problem details: RFC 9457. */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json'

type Problem = { status: number; name: string; title: string }

/** Every problem that our servers answer with: status, the name in `type`, and the fixed title. Codes are never renamed. */
export const PROBLEMS = {
  MALFORMED_BODY: { status: 400, name: 'malformed-body', title: 'The body is not JSON' },
  NOT_AN_OBJECT: { status: 400, name: 'not-an-object', title: 'The body is not a JSON object' },
  NOT_I_JSON: { status: 400, name: 'not-i-json', title: 'The body is JSON that readers would disagree about' },
  IDEMPOTENCY_KEY_MISSING: { status: 400, name: 'idempotency-key-missing', title: 'The idempotency key is missing' },
  IDEMPOTENCY_KEY_MALFORMED: { status: 400, name: 'idempotency-key-malformed', title: 'A key header is malformed' },
  BAD_REQUEST: { status: 400, name: 'bad-request', title: 'The request cannot be understood' },
  INVALID_PARAMETER: { status: 400, name: 'invalid-parameter', title: 'A parameter is out of range' },
  UNAUTHENTICATED: { status: 401, name: 'unauthenticated', title: 'No valid credentials' },
  FORBIDDEN: { status: 403, name: 'forbidden', title: 'Not allowed from here' },
  NOT_FOUND: { status: 404, name: 'not-found', title: 'Nothing is here' },
  METHOD_NOT_ALLOWED: { status: 405, name: 'method-not-allowed', title: 'The method is not allowed here' },
  REQUEST_TIMEOUT: { status: 408, name: 'request-timeout', title: 'The request did not arrive in time' },
  IDEMPOTENCY_KEY_IN_FLIGHT: {
    status: 409,
    name: 'idempotency-key-in-flight',
    title: 'The first request with this key is still under way',
  },
  DEAD_LETTER_REDRIVING: {
    status: 409,
    name: 'dead-letter-redriving',
    title: 'The dead letter is being redriven',
  },
  TOO_LARGE: { status: 413, name: 'too-large', title: 'The body is too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, name: 'unsupported-media-type', title: 'The media type is not supported' },
  UNSUPPORTED_ENCODING: { status: 415, name: 'unsupported-encoding', title: 'The content coding is not supported' },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    name: 'idempotency-key-reused',
    title: 'This key was used for another event',
  },
  INVALID_EVENT: { status: 422, name: 'invalid-event', title: 'The event breaks the rules of events' },
  ACTION_NOT_PERMITTED: { status: 422, name: 'action-not-permitted', title: 'Its state does not permit this' },
  COUNT_CHANGED: { status: 422, name: 'count-changed', title: 'Another number matches now' },
  INVALID_EDIT: { status: 422, name: 'invalid-edit', title: 'The edit cannot be applied' },
  OPERATION_ID_REUSED: { status: 422, name: 'operation-id-reused', title: 'This id was used for another operation' },
  NO_KEY_FOR_TENANT: { status: 422, name: 'no-key-for-tenant', title: 'Admin holds no API key of this tenant' },
  INGEST_REFUSED: { status: 422, name: 'ingest-refused', title: 'Ingest refused the event' },
  TOO_MANY_WRONG_KEYS: {
    status: 429,
    name: 'too-many-wrong-keys',
    title: 'Too many requests with a wrong API key came from this address',
  },
  RATE_LIMITED: { status: 429, name: 'rate-limited', title: 'The tenant is over its limit' },
  HEADERS_TOO_LARGE: { status: 431, name: 'headers-too-large', title: 'The header fields are too large' },
  INTERNAL: { status: 500, name: 'internal', title: 'Something broke on our side' },
  LOG_UNAVAILABLE: { status: 503, name: 'log-unavailable', title: 'The log cannot take the event now' },
  INGEST_UNAVAILABLE: { status: 503, name: 'ingest-unavailable', title: 'Ingest cannot be reached now' },
  STORE_UNAVAILABLE: { status: 503, name: 'store-unavailable', title: 'The store cannot answer now' },
  OVERLOADED: { status: 503, name: 'overloaded', title: 'Too much is under way' },
  SHUTTING_DOWN: { status: 503, name: 'shutting-down', title: 'This process is leaving' },
} as const satisfies Record<string, Problem>

export type ProblemCode = keyof typeof PROBLEMS

export type ProblemDetail = {
  /** This case, and how to mend it. Never echoes input. */
  detail: string
  requestId: string
  /** What is wrong where: a JSON Pointer into the body, or a parameter by name. */
  errors?: readonly ({ pointer: string; detail: string } | { parameter: string; detail: string })[] | undefined
  /** Further members, in snake_case. */
  extra?: Record<string, unknown> | undefined
}

/** The body of a problem: RFC 9457, section 3, with our members `code` and `request_id`. */
export function problemBody(code: ProblemCode, { detail, requestId, errors, extra }: ProblemDetail) {
  const { status, name, title } = PROBLEMS[code]
  const body = { type: `/problems/${name}`, title, status, detail, code, request_id: requestId }
  return { ...body, ...(errors === undefined ? {} : { errors }), ...extra }
}
