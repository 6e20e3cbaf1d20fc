import type { DeadLetterReason, DeadLetterStage } from './dead-letter.ts'
import { type JsonMember, scanObject } from './i-json.ts'
import { stringText } from './scan-string.ts'

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

const MAX_TEXT_CHARACTERS = 255
const MAX_SCHEMA_VERSION = 2_147_483_647

/** The fields of an event and what each must be, in the order in which they are judged. */
const RULES = {
  event_id: `a string of 1 to ${MAX_TEXT_CHARACTERS} characters`,
  event_type: `a string of 1 to ${MAX_TEXT_CHARACTERS} characters`,
  schema_version: `an integer from 1 to ${MAX_SCHEMA_VERSION}`,
  occurred_at: 'an RFC 3339 time with offset, of the years 0001 to 9999',
  payload: 'a JSON object',
} as const
type FieldName = keyof typeof RULES

/**
 * Judges one event by its bytes: the one implementation for processor, strict mode and dry runs. Nothing of the payload is
 * parsed or built. The first failing field decides, in the order event_id, event_type, schema_version, occurred_at, payload.
 * `payload` of a valid event is a view into `body`, not a copy.
 */
export function judgeEvent(body: Uint8Array): EventJudgement {
  const scan = scanObject(body)
  const found = findFields(scan.members)
  if (!scan.ok) {
    const { code, detail, pointer } = scan.problem
    // What is JSON but would be changed or refused by the store is told from what is none.
    const reason = code === 'NOT_I_JSON' ? 'UNSTORABLE' : 'MALFORMED_RECORD'
    const eventId = readText(body, found.event_id)
    const eventType = readText(body, found.event_type)
    return { type: 'dead_letter', reason, stage: 'decode', detail, pointer, eventId, eventType }
  }
  const { eventId, eventType, schemaVersion, occurredAt, payload, errors } = readFields(body, found)
  const [error] = errors
  if (error !== undefined) return { type: 'dead_letter', stage: 'validate', ...error, eventId, eventType }
  const extra = found.unknown.length === 0 ? null : spliceMembers(body, found.unknown)
  return { type: 'valid', event: { eventId, eventType, schemaVersion, occurredAt, payload, extra } as ValidEvent }
}

/** Every rule that the event breaks; empty for one that `judgeEvent` calls valid. Of what is no I-JSON object the first only. */
export function listEventErrors(body: Uint8Array): { pointer: string; detail: string }[] {
  const scan = scanObject(body)
  if (!scan.ok) return [{ pointer: scan.problem.pointer ?? '', detail: scan.problem.detail }]
  return readFields(body, findFields(scan.members)).errors.map(({ pointer, detail }) => ({ pointer, detail }))
}

type FoundFields = { [Name in FieldName]: JsonMember | null } & { unknown: JsonMember[] }

function findFields(members: readonly JsonMember[]): FoundFields {
  const found: FoundFields = {
    event_id: null,
    event_type: null,
    schema_version: null,
    occurred_at: null,
    payload: null,
    unknown: [],
  }
  for (const member of members) {
    switch (member.name) {
      case 'event_id':
      case 'event_type':
      case 'schema_version':
      case 'occurred_at':
      case 'payload':
        found[member.name] = member
        break
      default:
        found.unknown.push(member)
    }
  }
  return found
}

function readFields(body: Uint8Array, found: FoundFields) {
  const values = {
    eventId: readText(body, found.event_id),
    eventType: readText(body, found.event_type),
    schemaVersion: readSchemaVersion(body, found.schema_version),
    occurredAt: readOccurredAt(body, found.occurred_at),
    payload: found.payload?.kind === 'object' ? body.subarray(found.payload.start, found.payload.end) : null,
  }
  const errors: FieldError[] = []
  const judge = (name: FieldName, value: unknown) => {
    if (value !== null) return
    const pointer = `/${name}`
    if (found[name] !== null)
      errors.push({ reason: 'INVALID_FIELD', pointer, detail: `${name} must be ${RULES[name]}.` })
    else errors.push({ reason: 'MISSING_FIELD', pointer, detail: `${name} is missing: it must be ${RULES[name]}.` })
  }
  judge('event_id', values.eventId)
  judge('event_type', values.eventType)
  judge('schema_version', values.schemaVersion)
  judge('occurred_at', values.occurredAt)
  judge('payload', values.payload)
  return { ...values, errors }
}
const stringOf = (body: Uint8Array, { start, end }: JsonMember) => stringText(body, start + 1, end - 1)

/** 1 to 255 characters, which are Unicode code points, as PostgreSQL counts them; null for anything else. */
function readText(body: Uint8Array, member: JsonMember | null): string | null {
  if (member?.kind !== 'string') return null
  // A character has at most 12 bytes: what is longer is not even decoded.
  if (member.end - member.start - 2 > 12 * MAX_TEXT_CHARACTERS) return null
  const text = stringOf(body, member)
  if (text === '' || text.length > 2 * MAX_TEXT_CHARACTERS) return null
  return text.length <= MAX_TEXT_CHARACTERS || [...text].length <= MAX_TEXT_CHARACTERS ? text : null
}

/** Integers by value: `1` and `1.0`, but no exponents, which no serializer writes for an integer of this size. */
function readSchemaVersion(body: Uint8Array, member: JsonMember | null): number | null {
  if (member?.kind !== 'number') return null
  const text = stringText(body, member.start, member.end)
  const version = /^[1-9]\d{0,9}(?:\.0+)?$/.test(text) ? Number(text) : 0
  return version >= 1 && version <= MAX_SCHEMA_VERSION ? version : null
}

function readOccurredAt(body: Uint8Array, member: JsonMember | null): string | null {
  return member?.kind === 'string' ? parseOccurredAt(stringOf(body, member)) : null
}

/** An object of these members, as they are written. */
function spliceMembers(body: Uint8Array, members: readonly JsonMember[]): Uint8Array {
  const length = members.reduce((sum, { nameStart, end }) => sum + end - nameStart + 1, 1)
  const object = new Uint8Array(length)
  object[0] = 0x7b
  let at = 1
  for (const { nameStart, end } of members) {
    object.set(body.subarray(nameStart, end), at)
    at += end - nameStart
    object[at] = 0x2c
    at += 1
  }
  object[length - 1] = 0x7d
  return object
}

const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/

/**
 * The same instant in UTC: RFC 3339, section 5.6; lower-case `t` and `z` are taken, a space in place of `T` is not. Digits
 * beyond the microsecond are cut off, never rounded, so that no second moves. Null for what is no such time, for the leap
 * second (PostgreSQL would move it) and for instants outside the years 0001 to 9999, before or after the shift to UTC.
 */
export function parseOccurredAt(text: string): string | null {
  const match = RFC_3339.exec(text)
  if (match === null) return null
  const [, year = '', month = '', day = '', hour = '', minute = '', second = ''] = match
  if (Number(year) < 1 || Number(day) < 1 || Number(day) > daysIn(Number(year), Number(month))) return null
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null
  const fraction = match[7] === undefined ? '' : `.${match[7].slice(0, 6)}`
  const [offsetHours, offsetMinutes] = [Number(match[9] ?? 0), Number(match[10] ?? 0)]
  if (offsetHours > 23 || offsetMinutes > 59) return null
  if (offsetHours + offsetMinutes === 0) return `${year}-${month}-${day}T${hour}:${minute}:${second}${fraction}Z`
  const toUtcMinutes = (offsetHours * 60 + offsetMinutes) * (match[8] === '-' ? 1 : -1)
  const utc = new Date(0)
  utc.setUTCFullYear(Number(year), Number(month) - 1, Number(day)) // Date.UTC would take year 50 for 1950
  utc.setUTCHours(Number(hour), Number(minute) + toUtcMinutes, Number(second))
  if (utc.getUTCFullYear() < 1 || utc.getUTCFullYear() > 9999) return null
  return `${utc.toISOString().slice(0, 19)}${fraction}Z`
}

/** 0 for what is no month. */
function daysIn(year: number, month: number): number {
  if (month < 1 || month > 12) return 0
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}
