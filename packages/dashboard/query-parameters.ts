/** One parameter of an address: `Empty` is what it means when it is absent, or when its text is not known. */
export type Parameter<T, Empty extends T | null = T | null> = {
  /** Null: this text means nothing here. Never throws. */
  parse(text: string): T | null
  serialize(value: T): string
  empty: Empty
}

// biome-ignore lint/suspicious/noExplicitAny: a table holds parameters of different types, and each keeps its own
export type Parameters = Record<string, Parameter<any, any>>

/** What a table of parameters is read as. */
export type ValuesOf<P extends Parameters> = {
  [K in keyof P]: P[K] extends Parameter<infer T, infer Empty> ? T | Empty : never
}

/** What is to be another: null takes a parameter out of the address, what is absent or undefined stays. */
export type ChangesOf<P extends Parameters> = { [K in keyof P]?: ValuesOf<P>[K] | null | undefined }

type Created<T> = Parameter<T, null> & { withDefault(value: T): Parameter<T, T> }

export function createParameter<T>(of: Pick<Parameter<T>, 'parse' | 'serialize'>): Created<T> {
  return { ...of, empty: null, withDefault: (value) => ({ ...of, empty: value }) }
}

export const textParameter = createParameter<string>({ parse: (text) => text, serialize: (text) => text })

export const oneOf = <T extends string>(names: readonly T[]) =>
  createParameter<T>({ parse: (text) => names.find((name) => name === text) ?? null, serialize: (name) => name })

export const matching = (pattern: RegExp) =>
  createParameter<string>({ parse: (text) => (pattern.test(text) ? text : null), serialize: (text) => text })

/** `Date` takes far more than that, and reads what has no zone as the time of wherever it runs. */
const TIME = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/

/** A moment in ISO 8601 with its zone, or a day in UTC; written in UTC with milliseconds. */
export const timeParameter = createParameter<Date>({
  parse: (text) => {
    if (!TIME.test(text)) return null
    const date = new Date(text)
    return Number.isNaN(date.getTime()) ? null : date
  },
  serialize: (date) => date.toISOString(),
})

/** Reads an address; of a parameter that is given twice the first counts. */
export function readParameters<P extends Parameters>(
  parameters: P,
  textOf: (name: string) => string | null,
): ValuesOf<P> {
  const read = ([name, parameter]: [string, Parameters[string]]) => {
    const text = textOf(name)
    return [name, (text === null ? null : parameter.parse(text)) ?? parameter.empty]
  }
  return Object.fromEntries(Object.entries(parameters).map(read)) as ValuesOf<P>
}

/** What Next gives a page of the server. */
type Given = Record<string, string | string[] | undefined>
export type PageSearchParams = Promise<Given>

/** Reads what a page of the server is given. */
export const loader =
  <P extends Parameters>(parameters: P) =>
  (given: Given): ValuesOf<P> =>
    readParameters(parameters, (name) => [given[name]].flat()[0] ?? null)

/** Writes changes into an address; a value that is meant without being named is left out. Others stay as they are. */
export function writeParameters<P extends Parameters>(parameters: P, search: string, changes: ChangesOf<P>): string {
  const next = new URLSearchParams(search)
  for (const [name, value] of Object.entries(changes)) {
    const parameter = parameters[name]
    if (value === undefined || parameter === undefined) continue
    const text = value === null ? null : parameter.serialize(value)
    const isMeant = text === null || (parameter.empty !== null && text === parameter.serialize(parameter.empty))
    if (isMeant) next.delete(name)
    else next.set(name, text)
  }
  return next.toString()
}
