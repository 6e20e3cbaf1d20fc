import { SluiceError } from './errors.ts'

// More causes than this are a loop or a mistake.
const MAX_CAUSES = 8

interface ErrorLine {
  name: string
  code?: string
  message: string
  stack?: string[]
}

/**
 * What a log line says about an error: `error` is the chain of causes from the outermost, each with name, code and message. Nothing
 * else of an error is taken: a driver's `detail`, `where` and `parameters` carry row values, and so do messages of SQLSTATE class 22.
 * An error without a code is a mistake in the program; it brings its first stack frames along.
 */
export function errorFields(error: unknown): { error: ErrorLine[] } {
  const chain: ErrorLine[] = []
  for (let cause: unknown = error; cause !== undefined && cause !== null && chain.length < MAX_CAUSES; ) {
    chain.push(describe(cause))
    cause = cause instanceof Error ? cause.cause : undefined
  }
  return { error: chain }
}

function describe(error: unknown): ErrorLine {
  if (!(error instanceof Error))
    return { name: typeof error, message: typeof error === 'string' ? error : 'not an Error' }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined
  const line: ErrorLine = { name: error.name, ...(code === undefined ? {} : { code }), message: messageOf(error, code) }
  if (code === undefined && !(error instanceof SluiceError)) line.stack = framesOf(error)
  return line
}

function messageOf(error: Error, code: string | undefined): string {
  // A driver's error has a severity; "invalid input syntax for type uuid: …" quotes the value.
  if ('severity' in error && code?.startsWith('22')) return 'data exception; the message may quote row values'
  if (error.message !== '') return error.message
  // A connection refused on each of a name's addresses is an AggregateError without a message of its own.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : undefined
  return first instanceof Error ? first.message : ''
}

function framesOf(error: Error): string[] {
  const lines = error.stack?.split('\n') ?? []
  return lines
    .filter((line) => line.startsWith('    at '))
    .slice(0, 8)
    .map((line) => line.trim())
}
