import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { parseEnv } from 'node:util'
import { parseDurationMs } from './duration.ts'
import { ConfigError } from './errors.ts'
import { nearestName } from './near-miss.ts'

/** Settings as text, by name. Flags, where a command has them, are merged in before; an empty value is the same as none. */
export type Env = Readonly<Record<string, string | undefined>>

/** One setting as it is in force. `value` is its text as written, `set` for a secret, and null when there is none. */
export interface EnvEntry {
  readonly name: string
  readonly value: string | null
  /** `file` means `.env`, or for a secret the file that `NAME_FILE` points at. */
  readonly origin: 'environment' | 'file' | 'default' | 'unset'
  readonly secret: boolean
}

type Optional<T> = { readonly fallback?: T }
type Given<T> = { readonly fallback: T }
type StringRules = { readonly pattern?: RegExp; readonly expects?: string }
type IntegerRules = { readonly min?: number; readonly max?: number }
type DurationRules = { readonly minMs?: number; readonly maxMs?: number }
type UrlRules = { readonly protocols?: readonly string[]; readonly secret?: boolean }

/**
 * Reads settings and collects what is wrong with them. A reading method never throws: after a wrong value it returns a placeholder,
 * and `finish` refuses. A setting that is absent and has no fallback is null.
 */
export interface EnvReader {
  /** @param rules `expects` completes the sentence "NAME must be …" for people when `pattern` does not match */
  string(name: string, rules: StringRules & Given<string>): string
  string(name: string, rules?: StringRules & Optional<string>): string | null
  /** A whole number in decimal digits, `min` to `max` inclusive. */
  integer(name: string, rules: IntegerRules & Given<number>): number
  integer(name: string, rules?: IntegerRules & Optional<number>): number | null
  /** `true`, `false`, `1`, `0`, `yes`, `no`, `on` or `off`. */
  boolean(name: string, rules: Given<boolean>): boolean
  boolean(name: string, rules?: Optional<boolean>): boolean | null
  /** Milliseconds of a duration such as `500ms`, `10s`, `30m`, `12h`, `30d`. */
  duration(name: string, rules: DurationRules & Given<string>): number
  duration(name: string, rules?: DurationRules & Optional<string>): number | null
  /** Parts between commas, trimmed, empty ones left out; null when there is none. */
  list(name: string): string[] | null
  /** One of the given words. */
  oneOf<const T extends string>(name: string, words: readonly T[], rules: Given<T>): T
  oneOf<const T extends string>(name: string, words: readonly T[], rules?: Optional<T>): T | null
  /** An absolute URL, as written; `protocols` with their colon (`['postgres:']`). `secret: true` for one with a password in it: hidden, and NAME_FILE works. */
  url(name: string, rules: UrlRules & Given<string>): string
  url(name: string, rules?: UrlRules & Optional<string>): string | null
  /** A value that is never shown; also read from the file that `NAME_FILE` names, one newline at its end taken off. */
  secret(name: string): string | null
  /** Adds a problem that this reader cannot see, such as two settings that contradict each other. Never put a secret's value into it. */
  problem(message: string): void
  /** The config, frozen. @throws {ConfigError} with every problem found until now */
  finish<const T extends object>(config: T): Readonly<T>
  /** Every setting that was asked for, in the order of asking. */
  entries(): EnvEntry[]
  /** One sentence per variable whose name looks like a slip in one of ours. Complete only after everything was read. */
  warnings(): string[]
}

/** What `.env` said, carried along when an `Env` is spread into another one. */
const fromFile = Symbol('values of .env')

/**
 * The environment with `.env` of `cwd` beneath it: a variable that is set in both has the environment's value.
 * @throws {ConfigError} when `.env` is there but cannot be read
 */
export function loadEnv(processEnv: Env, cwd: string): Env {
  const file = path.join(cwd, '.env')
  if (!existsSync(file)) return { ...processEnv }
  let values: NodeJS.Dict<string>
  try {
    values = parseEnv(readFileSync(file, 'utf8'))
  } catch {
    throw new ConfigError(['.env is there but cannot be read; make it a readable file or remove it'])
  }
  const set = Object.fromEntries(Object.entries(processEnv).filter(([, value]) => value !== undefined && value !== ''))
  return Object.assign({ ...values, ...set }, { [fromFile]: values })
}

const BOOLEANS: Readonly<Record<string, boolean>> = {
  true: true,
  '1': true,
  yes: true,
  on: true,
  false: false,
  '0': false,
  no: false,
  off: false,
}

type Parsed<T> = { readonly value: T } | { readonly expected: string }

/** Starts reading `env`; share one reader among all parts of a process, so that all problems are told together. */
export function readEnv(env: Env): EnvReader {
  const problems = new Set<string>()
  const entries = new Map<string, EnvEntry>()
  const fileValues: Env = (env as { [fromFile]?: Env })[fromFile] ?? {}

  const textOf = (name: string): string | null => env[name] || null

  function note(name: string, value: string | null, fallback: string | null, secret: boolean): void {
    const set = value ?? fallback
    let origin: EnvEntry['origin'] = 'environment'
    if (value === null) origin = fallback === null ? 'unset' : 'default'
    else if (fileValues[name] === value) origin = 'file'
    entries.set(name, { name, value: secret && set !== null ? 'set' : set, origin, secret })
  }

  function read<T>(
    name: string,
    fallbackText: string | null,
    fallback: T | null,
    parse: (text: string) => Parsed<T>,
  ): T | null {
    const text = textOf(name)
    note(name, text, fallbackText, false)
    if (text === null) return fallback
    const parsed = parse(text)
    if ('value' in parsed) return parsed.value
    problems.add(`${name} must be ${parsed.expected}, got ${JSON.stringify(text)}`)
    return fallback
  }

  function readSecret(name: string, fallback: string | null = null): string | null {
    const text = textOf(name)
    const file = textOf(`${name}_FILE`)
    note(name, text, fallback, true)
    if (file === null) return text ?? fallback
    if (text !== null) {
      problems.add(`${name} and ${name}_FILE are both set; keep one of them`)
      return text
    }
    try {
      const content = readFileSync(file, 'utf8').replace(/\r?\n$/, '')
      if (content === '')
        problems.add(`${name}_FILE names an empty file, ${JSON.stringify(file)}; write the secret into it`)
      entries.set(name, { name, value: 'set', origin: 'file', secret: true })
      return content
    } catch {
      problems.add(`${name}_FILE must name a readable file, got ${JSON.stringify(file)}`)
      return fallback
    }
  }

  function readUrl(name: string, rules: UrlRules & { fallback?: string | null } = {}): string | null {
    const { protocols, secret = false } = rules
    const fallback: string | null = rules.fallback ?? null
    const expected =
      protocols === undefined ? 'a URL' : `a URL that starts with ${protocols.map((p) => `${p}//`).join(' or ')}`
    const isGood = (text: string) => {
      const url = URL.parse(text)
      return url !== null && (protocols === undefined || protocols.includes(url.protocol))
    }
    if (!secret)
      return read<string>(name, fallback, fallback, (text) => (isGood(text) ? { value: text } : { expected }))
    const text = readSecret(name, fallback)
    if (text !== null && text !== '' && !isGood(text))
      problems.add(`${name} must be ${expected}; its value is not shown, as it may hold a password`)
    return text
  }

  // One cast: an overloaded method cannot be written as a property of an object literal without it.
  return {
    string: (name: string, { pattern, expects, fallback = null }: StringRules & { fallback?: string | null } = {}) =>
      read(name, fallback, fallback, (text) =>
        pattern === undefined || pattern.test(text)
          ? { value: text }
          : { expected: expects ?? `text that matches ${pattern}` },
      ),
    integer: (
      name: string,
      {
        min = Number.MIN_SAFE_INTEGER,
        max = Number.MAX_SAFE_INTEGER,
        fallback = null,
      }: IntegerRules & { fallback?: number | null } = {},
    ) =>
      read(name, fallback === null ? null : String(fallback), fallback, (text) => {
        const value = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN
        return value >= min && value <= max ? { value } : { expected: `a whole number${rangeText(min, max)}` }
      }),
    boolean: (name: string, { fallback = null }: { fallback?: boolean | null } = {}) =>
      read(name, fallback === null ? null : String(fallback), fallback, (text) => {
        const value = Object.hasOwn(BOOLEANS, text.toLowerCase()) ? BOOLEANS[text.toLowerCase()] : undefined
        return value === undefined ? { expected: 'true or false' } : { value }
      }),
    duration: (
      name: string,
      {
        minMs = 0,
        maxMs = Number.MAX_SAFE_INTEGER,
        fallback = null,
      }: DurationRules & { fallback?: string | null } = {},
    ) =>
      read(name, fallback, fallback === null ? null : parseDurationMs(fallback), (text) => {
        const value = parseDurationMs(text)
        if (value === null) return { expected: 'a duration such as 500ms, 10s, 30m, 12h or 30d' }
        return value >= minMs && value <= maxMs
          ? { value }
          : { expected: `a duration${rangeText(minMs, maxMs, ' ms')}` }
      }),
    list(name: string) {
      const parts = read(name, null, null, (text) => ({
        value: text
          .split(',')
          .map((part) => part.trim())
          .filter((part) => part !== ''),
      }))
      return parts === null || parts.length === 0 ? null : parts
    },
    oneOf: (name: string, words: readonly string[], { fallback = null }: { fallback?: string | null } = {}) =>
      read(name, fallback, fallback, (text) =>
        words.includes(text) ? { value: text } : { expected: `one of ${words.join(', ')}` },
      ),
    url: readUrl,
    secret: (name: string) => readSecret(name),
    problem: (message: string) => void problems.add(message),
    finish<T extends object>(config: T) {
      if (problems.size > 0) throw new ConfigError([...problems])
      return Object.freeze(config)
    },
    entries: () => [...entries.values()],
    warnings() {
      const known = new Set(
        [...entries.values()].flatMap(({ name, secret }) => (secret ? [name, `${name}_FILE`] : [name])),
      )
      return Object.keys(env).flatMap((name) => {
        const near = known.has(name) || !env[name] ? null : nearestName(name, known)
        return near === null ? [] : [`${name} is set, but there is no such setting; did you mean ${near}?`]
      })
    },
  } as EnvReader
}

function rangeText(min: number, max: number, unit = ''): string {
  const open = { low: min === Number.MIN_SAFE_INTEGER, high: max === Number.MAX_SAFE_INTEGER }
  if (open.low && open.high) return ''
  if (open.high) return ` of ${min}${unit} or more`
  return open.low ? ` of ${max}${unit} or less` : ` from ${min} to ${max}${unit}`
}
