import { SluiceError } from '@sluice/runtime/errors'
import { classifySqlError, sqlStateOf } from '@sluice/runtime/sql-state'

/** PostgreSQL is away, full or slow, or two transactions were in each other's way. Nothing is wrong with the work. */
export class StoreUnavailableError extends SluiceError {
  override readonly name = 'StoreUnavailableError'
  readonly code = 'STORE_UNAVAILABLE'
  readonly retryable = true
  /** Null when PostgreSQL did not answer at all. */
  readonly sqlState: string | null

  constructor(message: string, sqlState: string | null, options?: ErrorOptions) {
    super(message, options)
    this.sqlState = sqlState
  }
}

/** Everything would fail alike until a person acts: a missing table or right, a bug of ours. */
export class StoreSystemicError extends SluiceError {
  override readonly name = 'StoreSystemicError'
  readonly code = 'STORE_SYSTEMIC'
  readonly retryable = false
  readonly sqlState: string

  constructor(message: string, sqlState: string, options?: ErrorOptions) {
    super(message, options)
    this.sqlState = sqlState
  }
}

/** These very values cannot be stored; their neighbours can. Nothing was written. */
export class StoreDataError extends SluiceError {
  override readonly name = 'StoreDataError'
  readonly code = 'STORE_DATA'
  readonly retryable = false
  readonly sqlState: string

  constructor(message: string, sqlState: string, options?: ErrorOptions) {
    super(message, options)
    this.sqlState = sqlState
  }
}

export type StoreError = StoreUnavailableError | StoreSystemicError | StoreDataError

/**
 * Runs `work` on the store; a driver's error leaves as one of ours, with the driver's as its cause.
 * @param operation what was attempted, for people: `settling 500 records`
 */
export async function asStoreErrors<T>(operation: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    // A bug of ours is not an outage: it would be waited for, for ever.
    if (error instanceof SluiceError || error instanceof TypeError || error instanceof RangeError) throw error
    throw toStoreError(operation, error)
  }
}

function toStoreError(operation: string, cause: unknown): StoreError {
  const sqlState = sqlStateOf(cause)
  const errorClass = classifySqlError(cause)
  switch (errorClass) {
    case 'transient':
      return new StoreUnavailableError(operation, sqlState, { cause })
    case 'systemic':
      return new StoreSystemicError(operation, sqlState ?? '', { cause })
    case 'data':
      return new StoreDataError(operation, sqlState ?? '', { cause })
    default:
      return errorClass satisfies never
  }
}
