import type { DeadLetterReason, DeadLetterStage } from './dead-letter.ts'
import { type JsonMember, scanObject } from './i-json.ts'

/** An event that keeps the rules. `payload` and `extra` are JSON text, the producer's bytes. */
export type ValidEvent = {
  eventId: string
  eventType: string
  schemaVersion: number
  /** The producer's instant in UTC, RFC 3339, at most six digits of a second (further ones are cut off). */
  occurredAt: string
  payload: Uint8Array
  /** An object of the members that we do not know; null when there are none. */
  extra: Uint8Array | null
}

export type EventJudgement =
  | { type: 'valid'; event: ValidEvent }
  | {
      type: 'dead_letter'
      reason: DeadLetterReason
      stage: DeadLetterStage
      detail: string
      /** JSON Pointer (RFC 6901) of the failing member. */
      pointer: string | null
      /** Where they can be read. */
      eventId: string | null
      eventType: string | null
    }

type FieldError = { reason: 'MISSING_FIELD' | 'INVALID_FIELD'; pointer: string; detail: string }

const FIELD_NAMES = ['event_id', 'event_type', 'schema_version', 'occurred_at', 'payload'] as const
type FieldName = (typeof FIELD_NAMES)[number]

const MAX_TEXT_CHARACTERS = 255
const MAX_SCHEMA_VERSION = 2_147_483_647

/**
 * Judges one event by its bytes: the one implementation for processor, strict mode and dry runs. Nothing of the payload is
 * parsed or built. The first failing field decides, in the order event_id, event_type, schema_version, occurred_at, payload.
 */
export function judgeEvent(body: Uint8Array): EventJudgement {
  const scan = scanObject(body)
  if (!scan.ok) {
    const { code, detail, pointer } = scan.problem
    // What is JSON but would be changed or refused by the store is told from what is none.
    const reason = code === 'NOT_I_JSON' ? 'UNSTORABLE' : 'MALFORMED_RECORD'
    return { type: 'dead_letter', reason, stage: 'decode', detail, pointer, eventId: null, eventType: null }
  }
  const fields = readFields(body, scan.members)
  const [error] = fields.errors
  if (error !== undefined) {
    const { eventId, eventType } = fields
    return { type: 'dead_letter', stage: 'validate', ...error, eventId, eventType }
  }
  return { type: 'valid', event: fields as ValidEvent }
}

/** Every rule that the event breaks; empty for one that `judgeEvent` calls valid. */
export function listEventErrors(body: Uint8Array): { pointer: string; detail: string }[] {
  const scan = scanObject(body)
  if (!scan.ok) return [{ pointer: scan.problem.pointer ?? '', detail: scan.problem.detail }]
  return readFields(body, scan.members).errors.map(({ pointer, detail }) => ({ pointer, detail }))
}

type Fields = { [Name in keyof ValidEvent]: ValidEvent[Name] | null } & { errors: FieldError[] }

const decoder = new TextDecoder()
const encoder = new TextEncoder()

function readFields(body: Uint8Array, members: readonly JsonMember[]): Fields {
  const errors: FieldError[] = []
  const textOf = ({ start, end }: JsonMember) => decoder.decode(body.subarray(start, end))
  const memberOf = (name: FieldName) => members.find((member) => member.name === name)

  function field<T>(name: FieldName, rule: string, read: (member: JsonMember) => T | null): T | null {
    const member = memberOf(name)
    if (member === undefined) {
      errors.push({ reason: 'MISSING_FIELD', pointer: `/${name}`, detail: `${name} is missing: it must be ${rule}.` })
      return null
    }
    const value = read(member)
    if (value === null)
      errors.push({ reason: 'INVALID_FIELD', pointer: `/${name}`, detail: `${name} must be ${rule}.` })
    return value
  }
  const stringOf = (member: JsonMember) => (member.kind === 'string' ? (JSON.parse(textOf(member)) as string) : null)
  const shortText = (member: JsonMember) => {
    const text = stringOf(member)
    return text !== null && text !== '' && isAtMost(text, MAX_TEXT_CHARACTERS) ? text : null
  }

  const textRule = `a string of 1 to ${MAX_TEXT_CHARACTERS} characters`
  const event = {
    eventId: field('event_id', textRule, shortText),
    eventType: field('event_type', textRule, shortText),
    schemaVersion: field('schema_version', `an integer from 1 to ${MAX_SCHEMA_VERSION}`, (member) =>
      member.kind === 'number' ? parseSchemaVersion(textOf(member)) : null,
    ),
    occurredAt: field('occurred_at', 'an RFC 3339 time with offset, of the years 0001 to 9999', (member) =>
      parseOccurredAt(stringOf(member) ?? ''),
    ),
    payload: field('payload', 'a JSON object', ({ kind, start, end }) =>
      kind === 'object' ? body.subarray(start, end) : null,
    ),
  }
  return { ...event, extra: extraOf(body, members), errors }
}

/** Characters are Unicode code points, as PostgreSQL counts them. */
function isAtMost(text: string, maxCharacters: number): boolean {
  return text.length <= maxCharacters || (text.length <= 2 * maxCharacters && [...text].length <= maxCharacters)
}

/** Integers by value: `1` and `1.0`, but no exponents. */
function parseSchemaVersion(text: string): number | null {
  const version = /^[1-9]\d{0,9}(?:\.0+)?$/.test(text) ? Number(text) : 0
  return version >= 1 && version <= MAX_SCHEMA_VERSION ? version : null
}

const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/

/**
 * The same instant in UTC: RFC 3339, section 5.6. Null for what is no such time, for the leap second (PostgreSQL would move
 * it) and for instants outside the years 0001 to 9999 in UTC.
 */
export function parseOccurredAt(text: string): string | null {
  const match = RFC_3339.exec(text)
  if (match === null) return null
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number)
  const [offsetHours, offsetMinutes] = [Number(match[9] ?? 0), Number(match[10] ?? 0)]
  if (hour > 23 || minute > 59 || second > 59 || offsetHours > 23 || offsetMinutes > 59) return null
  const local = new Date(0)
  local.setUTCFullYear(year, month - 1, day)
  if (local.getUTCFullYear() !== year || local.getUTCMonth() !== month - 1 || local.getUTCDate() !== day) return null
  local.setUTCHours(hour, minute, second)
  const offsetMs = (offsetHours * 60 + offsetMinutes) * 60_000 * (match[8] === '-' ? -1 : 1)
  const instant = new Date(local.getTime() - offsetMs)
  if (instant.getUTCFullYear() < 1 || instant.getUTCFullYear() > 9999 || year === 0) return null
  const fraction = (match[7] ?? '').slice(0, 6)
  return `${instant.toISOString().slice(0, 19)}${fraction === '' ? '' : `.${fraction}`}Z`
}

const isField = (name: string) => (FIELD_NAMES as readonly string[]).includes(name)

function extraOf(body: Uint8Array, members: readonly JsonMember[]): Uint8Array | null {
  const unknown = members.filter(({ name }) => !isField(name))
  if (unknown.length === 0) return null
  const parts = unknown.map(
    ({ name, start, end }) => `${JSON.stringify(name)}:${decoder.decode(body.subarray(start, end))}`,
  )
  return encoder.encode(`{${parts.join()}}`)
}
