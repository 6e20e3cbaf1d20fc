import { PROBLEMS, type ProblemCode } from '@sluice/contract/problems'
import { SluiceError } from './errors.ts'

/** Where in the request something is wrong: a JSON Pointer into the body, or a parameter by name. */
export type ProblemPart =
  | { readonly pointer: string; readonly detail: string }
  | { readonly parameter: string; readonly detail: string }

export interface ProblemFacts {
  readonly errors?: readonly ProblemPart[] | undefined
  /** Further fields of the answer; a `Retry-After` here takes the place of the default one. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Further members of the body, in snake_case. */
  readonly extra?: Readonly<Record<string, unknown>> | undefined
  readonly cause?: unknown
}

/**
 * A request that is answered with a problem (RFC 9457). Thrown by route code; `http-app.ts` renders it.
 * @param detail this case and how to mend it, for the sender; never echoes input, addresses or messages of libraries
 */
export class ProblemError extends SluiceError {
  override readonly name = 'ProblemError'
  readonly code: ProblemCode
  readonly retryable: boolean
  readonly detail: string
  readonly facts: ProblemFacts

  constructor(code: ProblemCode, detail: string, facts: ProblemFacts = {}) {
    super(detail, { cause: facts.cause })
    this.code = code
    this.detail = detail
    this.facts = facts
    this.retryable = RETRYABLE_STATUS.has(PROBLEMS[code].status)
  }
}

// The table of http.md 1: these say "send the same again".
const RETRYABLE_STATUS: ReadonlySet<number> = new Set([408, 409, 429, 503])
