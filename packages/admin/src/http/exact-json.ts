import { checkObject } from '@sluice/contract/i-json'
import type { HttpApp } from '@sluice/runtime/http-app'
import { ProblemError } from '@sluice/runtime/problem-error'

type Exact = { rawJSON(text: string): unknown }
type SourceReviver = (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown

/** A number that a double would change stays as it is written: `JSON.stringify` gives its digits back. */
const keepDigits: SourceReviver = (_key, value, { source }) =>
  typeof value === 'number' && source !== undefined && String(value) !== source
    ? (JSON as unknown as Exact).rawJSON(source)
    : value

/** Parses JSON text so that it can be written again without losing a digit. */
export const parseExact = (text: string): unknown => JSON.parse(text, keepDigits as Parameters<typeof JSON.parse>[1])

/** Nested as an event may be, inside an operation, in a list of them, in the body. */
const LIMITS = { maxDepth: 40, maxMembers: 20_000 }

/** Bodies are read exactly: what an edit puts into an event is what was typed. In place of the parser that all apps have. */
export function readBodiesExactly(app: HttpApp): void {
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body: Buffer, done) => {
    const problem = checkObject(body, LIMITS)
    if (problem === null) return done(null, parseExact(body.toString()))
    const errors = problem.pointer === null ? undefined : [{ pointer: problem.pointer, detail: problem.detail }]
    done(new ProblemError(problem.code, problem.detail, { errors, extra: { offset: problem.offset } }))
  })
}
