import { LATENCY_BUCKET_BOUNDS_MS } from '@sluice/contract/latency-buckets'
import type { Cursor } from './cursor.ts'

/** Conditions of one query and their parameters, numbered as they are added. */
export class SqlConditions {
  readonly values: unknown[] = []
  readonly #conditions: string[] = []

  /** Adds a parameter and returns its placeholder. */
  value(value: unknown): string {
    this.values.push(value)
    return `$${this.values.length}`
  }

  /**
   * Adds a condition unless the value is null; `write` is given the placeholder. PostgreSQL refuses to be asked for a text
   * with a NUL, and no row can hold one: nothing matches.
   */
  whenGiven<T>(value: T | null, write: (placeholder: string) => string): void {
    if (value === null) return
    const isAskable = typeof value !== 'string' || !value.includes('\0')
    this.#conditions.push(isAskable ? write(this.value(value)) : 'false')
  }

  /** Adds a condition whose placeholders came from `value`. */
  add(condition: string): void {
    this.#conditions.push(condition)
  }

  /** Continues behind a row in the order (time, id), newest first; null: from the start. */
  after(cursor: Cursor | null, time: string, id: string): void {
    if (cursor === null) return
    const place = `${timeOfMicros(this.value(cursor.micros))}, ${this.value(cursor.id)}::uuid`
    this.#conditions.push(`(${time}, ${id}) < (${place})`)
  }

  /** All conditions, to be put after WHERE; `true` when there are none. */
  toSql(): string {
    return this.#conditions.length === 0 ? 'true' : this.#conditions.join(' AND ')
  }
}

/** SQL: a timestamptz as RFC 3339 in UTC with milliseconds. */
export const rfc3339Millis = (column: string) =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

/** SQL: a timestamptz as RFC 3339 in UTC with all six digits of a second. */
export const rfc3339Micros = (column: string) =>
  `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

/** SQL: a timestamptz as µs since 1970, exact. */
export const microsOf = (column: string) => `(extract(epoch FROM ${column}) * 1000000)::bigint::text`

/** SQL: the way back from `microsOf`; exact to the year 2286. */
export const timeOfMicros = (placeholder: string) => `to_timestamp(${placeholder}::bigint / 1000000::float8)`

/** SQL: the sum of histograms, element by element; written out, for unnesting them first takes ten times as long. */
export const latencySums = (column: string) =>
  `ARRAY[${Array.from({ length: LATENCY_BUCKET_BOUNDS_MS.length + 1 }, (_, index) => `coalesce(sum(${column}[${index + 1}]), 0)`)}]::float8[]`
