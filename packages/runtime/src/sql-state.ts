import { SluiceError } from './errors.ts'

/**
 * What a failure of PostgreSQL means for the work in hand:
 *   transient -- the same work will do later; nothing is wrong with it (outage, lock, limit of time or resources)
 *   systemic  -- every piece of work would fail alike until a person acts (schema, rights, a bug of ours)
 *   data      -- these very values cannot be stored; their neighbours can
 */
export type SqlErrorClass = 'transient' | 'systemic' | 'data'

/** Whole codes before their classes; what is not listed is systemic. Codes: PostgreSQL, appendix A. */
const CLASS_BY_CODE: Readonly<Record<string, SqlErrorClass>> = {
  '40001': 'transient', // serialization_failure
  '40P01': 'transient', // deadlock_detected
  '55P03': 'transient', // lock_not_available
  '25P03': 'transient', // idle_in_transaction_session_timeout: this process was stopped in the middle; the work itself is good
  '25P04': 'transient', // transaction_timeout: the same
  '23502': 'systemic', // not_null_violation: a bug of ours, no producer's
  '23514': 'systemic', // check_violation: the same
  P0001: 'data', // raise_exception: a trigger of the operator refused the row
}
const CLASS_BY_PREFIX: Readonly<Record<string, SqlErrorClass>> = {
  '08': 'transient', // connection exception
  '53': 'transient', // insufficient resources
  '57': 'transient', // operator intervention, statement time limit
  '58': 'transient', // system error
  '22': 'data', // data exception
  '23': 'data', // integrity constraint violation
  '54': 'data', // program limit exceeded: a text too long for an index
}

const SQLSTATE = /^[0-9A-Z]{5}$/

/** The SQLSTATE of a driver's error; null when PostgreSQL itself did not answer (connection lost, client's time limit). */
export function sqlStateOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null) return null
  const { code, severity } = error as { code?: unknown; severity?: unknown }
  // Node's own codes (EPIPE) may look like a SQLSTATE; only the server's errors carry a severity.
  return typeof code === 'string' && SQLSTATE.test(code) && severity !== undefined ? code : null
}

/**
 * The class of an error that came out of a statement or transaction, its cause not looked at. Without a SQLSTATE the server
 * did not answer, which is transient. An error of our own says itself whether a retry helps.
 */
export function classifySqlError(error: unknown): SqlErrorClass {
  if (error instanceof SluiceError) return error.retryable ? 'transient' : 'systemic'
  const state = sqlStateOf(error)
  if (state === null) return 'transient'
  return CLASS_BY_CODE[state] ?? CLASS_BY_PREFIX[state.slice(0, 2)] ?? 'systemic'
}

/**
 * Whether the statement may have been executed although it failed: no answer, a connection exception (08), or the end of
 * the server (57P). Any other SQLSTATE is the server's word that it was not; so is a connection that was never made.
 */
export function isOutcomeUnknown(error: unknown): boolean {
  if (isNeverConnected(error)) return false
  const state = sqlStateOf(error)
  return state === null || state.startsWith('08') || state.startsWith('57P')
}

/** Node tried to connect and could not: for a name with several addresses each try is told apart. */
function isNeverConnected(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(isNeverConnected)
  const syscall = error instanceof Error && 'syscall' in error ? error.syscall : undefined
  return syscall === 'connect' || syscall === 'getaddrinfo'
}
