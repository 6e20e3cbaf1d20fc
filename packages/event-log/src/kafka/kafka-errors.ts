// The client nests what went wrong: retries, brokers and partitions each add a level of `errors`, connections a `cause`.
// Everything here goes by facts on the innermost errors; messages decide nothing.

/** What the innermost errors say: the broker's own error ids, and the client's or the system's codes where no broker spoke. */
export type KafkaFault = { apiId: string | null; code: string | null }

/** More levels than this are a loop. */
const MAX_DEPTH = 12

/** The innermost errors of one that the client gave. */
export function faultsOf(error: unknown, depth = 0): KafkaFault[] {
  if (!(error instanceof Error) || depth > MAX_DEPTH) return [{ apiId: null, code: null }]
  const { apiId, code, errors, cause } = error as Error & { apiId?: unknown; code?: unknown; errors?: unknown }
  if (typeof apiId === 'string') return [{ apiId, code: textOf(code) }]
  if (Array.isArray(errors) && errors.length > 0) return errors.flatMap((inner) => faultsOf(inner, depth + 1))
  if (cause instanceof Error) return faultsOf(cause, depth + 1)
  return [{ apiId: null, code: textOf(code) }]
}

const textOf = (value: unknown) => (typeof value === 'string' ? value : null)

/** Whether one of the innermost errors is a broker's error with one of these ids. */
export function hasApiId(error: unknown, ...ids: readonly string[]): boolean {
  return faultsOf(error).some(({ apiId }) => apiId !== null && ids.includes(apiId))
}

/** The client itself refused, before any request: a topic that it does not find, or a broker that speaks only TLS. */
export const CLIENT_REFUSED = 'PLT_KFK_USER'

/** Whether the broker says that we may not do this. */
export const isForbidden = (error: unknown) =>
  faultsOf(error).some(({ apiId }) => apiId?.endsWith('_AUTHORIZATION_FAILED') === true)

/**
 * The error at the bottom, of the last try: the layers above say only how often and through whom. It is what a person
 * wants to read, and what goes into the chain of causes.
 */
export function innermostError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error) || depth > MAX_DEPTH) return error
  const { errors } = error as Error & { errors?: unknown }
  const last: unknown = Array.isArray(errors) ? errors.at(-1) : undefined
  if (last instanceof Error) return innermostError(last, depth + 1)
  return error.cause instanceof Error ? innermostError(error.cause, depth + 1) : error
}
