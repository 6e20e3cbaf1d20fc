import { PROBLEMS, type ProblemCode } from '@sluice/contract/problems'
import type { FastifyError } from 'fastify'
import { SluiceError } from './errors.ts'
import { ProblemError, type ProblemPart } from './problem-error.ts'

/** What a validator of TypeBox schemas reports of one mistake. */
interface Mistake {
  readonly instancePath: string
  readonly message: string
  readonly keyword: string
  readonly params?: { readonly requiredProperties?: readonly string[] }
}

/**
 * The problem that an error thrown while a request was served is answered with: the one place where errors become HTTP. What nobody
 * foresaw is INTERNAL, with the error as its cause, for the log alone.
 * @param limitBytes the limit that a body too large has met
 */
export function toProblem(error: unknown, limitBytes: number): ProblemError {
  if (error instanceof ProblemError) return error
  if (error instanceof SluiceError && error.retryable) return retryableProblem(error)
  if (error instanceof Error) {
    const known = fastifyProblem(error as FastifyError, limitBytes)
    if (known !== null) return known
  }
  return new ProblemError(
    'INTERNAL',
    'The request could not be served because of a mistake on our side; the log has it under this request id.',
    { cause: error },
  )
}

function retryableProblem(error: SluiceError): ProblemError {
  const code = isUnavailableCode(error.code) ? error.code : 'STORE_UNAVAILABLE'
  return new ProblemError(code, 'Something that this answer needs cannot be reached now. Send the same again.', {
    cause: error,
  })
}

const isUnavailableCode = (code: string): code is ProblemCode =>
  Object.hasOwn(PROBLEMS, code) && PROBLEMS[code as ProblemCode].status === 503

function fastifyProblem(error: FastifyError, limitBytes: number): ProblemError | null {
  if (Array.isArray(error.validation))
    return validationProblem(error.validation as unknown as Mistake[], error.validationContext)
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new ProblemError('TOO_LARGE', `The body may have at most ${limitBytes} bytes.`, {
        extra: { limit_bytes: limitBytes },
      })
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new ProblemError('UNSUPPORTED_MEDIA_TYPE', 'The body must be sent as application/json.', {
        headers: { Accept: 'application/json' },
      })
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new ProblemError('NOT_FOUND', 'No such path.')
    default:
      break
  }
  // The rest of what Fastify blames on the sender; its messages may quote what was sent.
  const { statusCode } = error
  return statusCode !== undefined && statusCode >= 400 && statusCode < 500
    ? new ProblemError('BAD_REQUEST', 'The path, the length or the body of the request is not well-formed.')
    : null
}

/** Which of the request's parts a schema's mistake is about, as people call it. */
const PARAMETERS: ReadonlySet<string> = new Set(['querystring', 'params', 'headers'])

function validationProblem(mistakes: readonly Mistake[], context: string | undefined): ProblemError {
  const isParameter = PARAMETERS.has(context ?? '')
  const errors = mistakes.slice(0, 20).flatMap((mistake) => partsOf(mistake, isParameter))
  const [first] = errors
  const where = first === undefined ? null : 'parameter' in first ? first.parameter : first.pointer
  const detail = where ? `${where}: ${first?.detail}` : (first?.detail ?? 'The request does not fit its schema.')
  return isParameter
    ? new ProblemError('INVALID_PARAMETER', detail, { errors })
    : new ProblemError('BAD_REQUEST', detail, { errors })
}

function partsOf({ instancePath, message, params }: Mistake, isParameter: boolean): ProblemPart[] {
  const missing = params?.requiredProperties
  const places =
    missing === undefined
      ? [instancePath]
      : missing.map((name) => `${instancePath}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`)
  const detail = missing === undefined ? message : 'is missing'
  return places.map((place) => (isParameter ? { parameter: place.slice(1), detail } : { pointer: place, detail }))
}
