import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'

/**
 * Checks requests against TypeBox schemas. In query strings, paths and headers, where all is text, a property that the schema calls a
 * number or a boolean is converted first, and only from its plain form: `10`, `-2.5`, `true`. TypeBox's own conversion would cut 1.5
 * to 1 and take `abc` for a boolean's false; a parameter out of range is refused, never bent.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const compiled = Compile(schema)
  const convert = httpPart === 'body' ? (value: unknown) => value : textConverter(schema)
  return (value) => {
    const converted = convert(value)
    return compiled.Check(converted) ? { value: converted } : { error: compiled.Errors(converted) as unknown as Error }
  }
}

function textConverter(schema: TSchema): (value: unknown) => unknown {
  const properties = (schema as { properties?: Record<string, { type?: unknown; default?: unknown }> }).properties ?? {}
  const typed = Object.entries(properties)
  return (value) => {
    if (typeof value !== 'object' || value === null) return value
    const result: Record<string, unknown> = { ...value }
    for (const [name, { type, default: fallback }] of typed) {
      const text = result[name]
      if (text === undefined && fallback !== undefined) result[name] = fallback
      else if (typeof text === 'string') result[name] = fromText(text, type)
    }
    return result
  }
}

function fromText(text: string, type: unknown): unknown {
  if ((type === 'integer' || type === 'number') && /^-?\d{1,16}(\.\d{1,16})?$/.test(text)) return Number(text)
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  return text
}
