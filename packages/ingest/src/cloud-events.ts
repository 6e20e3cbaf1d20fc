import { fingerprintOf } from '@sluice/contract/fingerprint'
import { checkObject, scanObject } from '@sluice/contract/i-json'
import { parseIdempotencyKey } from '@sluice/contract/identifiers'
import { toRefusal } from './read-event.ts'
import { CLOUD_EVENT_PREFIX, type DistinctHeaders, KEY_RULE, type Refusal } from './request-head.ts'

/** One event in structured mode: CloudEvents 1.0, HTTP protocol binding, section 3.2. */
export const STRUCTURED = 'application/cloudevents+json'
/** Many of them: the same, section 3.3. */
export const BATCHED = 'application/cloudevents-batch+json'

/** A CloudEvent as the event that the log takes. */
export type CloudEvent = {
  /**
   * The event: `id`, `type`, `time`, the version and `data` under our names, `data` byte for byte. Every other attribute is in
   * `cloudevents`, which the store keeps in `extra`.
   */
  body: Buffer
  /** Of what was sent, so that it is the same for a retry of an event without `time`. */
  fingerprint: string
  source: string
  id: string
  /** The extension `partitionkey`; null when there is none. */
  partitionKey: string | null
}

/** Its text, decoded, and the JSON that stands for it. */
type Attribute = { text: string; isString: boolean; json: string }
type Attributes = ReadonlyMap<string, Attribute>

const BINARY_HEADERS = ['ce-specversion', 'ce-id', 'ce-source', 'ce-type'] as const

/** Whether the head of a request carries a CloudEvent whose body is its data: the HTTP protocol binding, section 3.1. */
export const isBinary = (headers: DistinctHeaders): boolean =>
  BINARY_HEADERS.some((name) => headers[name] !== undefined)

/** Whether the body of a request is of that media type, whatever its parameters. */
export const isMediaType = (headers: DistinctHeaders, mediaType: string): boolean =>
  headers['content-type']?.[0]?.split(';', 1)[0]?.trim().toLowerCase() === mediaType

/**
 * Reads an event in the JSON format of CloudEvents 1.0.
 * @param receivedAt RFC 3339; when it happened, where the sender did not say
 * @returns why it is not taken, where it is no I-JSON object or lacks an attribute that it must have
 */
export function readStructured(body: Buffer, receivedAt: string): CloudEvent | Refusal {
  const scan = scanObject(body)
  if (!scan.ok) return toRefusal(scan.problem)
  const attributes = new Map<string, Attribute>()
  let data: Buffer | null = null
  for (const { name, kind, start, end } of scan.members) {
    const json = body.toString('utf8', start, end)
    if (name === 'data') data = body.subarray(start, end)
    // JSON format, section 2.2: an attribute that is null is not set.
    else if (kind === 'string') attributes.set(name, { text: JSON.parse(json) as string, isString: true, json })
    else if (kind !== 'null') attributes.set(name, { text: json, isString: false, json })
  }
  const refusal = refuseAttributes(attributes, (name) => ({
    where: `as the member ${name}`,
    errors: [{ pointer: `/${name}`, detail: 'must be a string that is not empty' }],
  }))
  return refusal ?? translate(attributes, { data, receivedAt, fingerprint: fingerprintOf(body) })
}

/** Reads an event whose attributes are header fields and whose data is the body, a JSON object. Else as `readStructured`. */
export function readBinary(headers: DistinctHeaders, body: Buffer, receivedAt: string): CloudEvent | Refusal {
  const malformed = checkObject(body)
  if (malformed !== null) return toRefusal(malformed)
  const attributes = new Map<string, Attribute>()
  for (const [field, values = []] of Object.entries(headers)) {
    if (!field.startsWith(CLOUD_EVENT_PREFIX)) continue
    const name = field.slice(CLOUD_EVENT_PREFIX.length)
    const text = values.length === 1 ? decodeField(values[0] ?? '') : null
    if (text === null) {
      const detail = `Send the CloudEvents attribute ${name} once, in ASCII, percent-encoded as RFC 3986 asks.`
      return { code: 'BAD_REQUEST', detail }
    }
    attributes.set(name, asString(text))
  }
  attributes.set('datacontenttype', asString(headers['content-type']?.[0] ?? ''))
  const refusal = refuseAttributes(attributes, (name) => ({ where: `as the header ${CLOUD_EVENT_PREFIX}${name}` }))
  return refusal ?? translate(attributes, { data: body, receivedAt, fingerprint: null })
}

const asString = (text: string): Attribute => ({ text, isString: true, json: JSON.stringify(text) })

/** The text of a header value: the HTTP protocol binding, section 3.1.3.2. Null when it breaks the rule. */
function decodeField(value: string): string | null {
  const inside = /^".*"$/.test(value) ? value.slice(1, -1).replaceAll(/\\(.)/g, '$1') : value
  if (!/^[\x20-\x7e]*$/.test(inside)) return null
  try {
    return decodeURIComponent(inside)
  } catch {
    // A percent sign that begins no UTF-8.
    return null
  }
}

const REQUIRED = ['specversion', 'id', 'source', 'type'] as const

/** CloudEvents 1.0, "Required attributes". The first one that is missing is named. */
function refuseAttributes(
  attributes: Attributes,
  place: (name: string) => { where: string; errors?: Refusal['errors'] },
): Refusal | null {
  for (const name of REQUIRED) {
    const attribute = attributes.get(name)
    if (attribute?.isString && attribute.text !== '') continue
    const { where, errors } = place(name)
    const detail = `The CloudEvents attribute ${name} is missing: send it ${where}, a text that is not empty.`
    return { code: 'BAD_REQUEST', detail, ...(errors === undefined ? {} : { errors }) }
  }
  return attributes.get('specversion')?.text === '1.0'
    ? null
    : { code: 'BAD_REQUEST', detail: 'The CloudEvents attribute specversion must be 1.0.' }
}

/** What stands under a name of ours. */
const TRANSLATED: ReadonlySet<string> = new Set(['id', 'type', 'time'])

type Sent = {
  data: Buffer | null
  receivedAt: string
  /** Null: that of the event, but for the time when it was received. */
  fingerprint: string | null
}

function translate(attributes: Attributes, { data, receivedAt, fingerprint }: Sent): CloudEvent | Refusal {
  const json = (name: string) => attributes.get(name)?.json ?? '""'
  const time = attributes.get('time')
  const kept = [...attributes].filter(([name]) => !TRANSLATED.has(name))
  const members = kept.map(([name, attribute]) => `${JSON.stringify(name)}:${attribute.json}`)
  const compose = (occurredAt: string) =>
    Buffer.concat([
      Buffer.from(`{"event_id":${json('id')},"event_type":${json('type')},"schema_version":${versionOf(attributes)}`),
      Buffer.from(occurredAt === '' ? '' : `,"occurred_at":${occurredAt}`),
      ...(data === null ? [] : [Buffer.from(',"payload":'), data]),
      Buffer.from(`,"cloudevents":{${members.join()}}}`),
    ])
  const body = compose(time?.json ?? JSON.stringify(receivedAt))
  // As deep and with as many members as an event may have, under our names, too.
  const beyond = checkObject(body)
  if (beyond !== null) return { code: beyond.code, detail: beyond.detail }
  return {
    body,
    fingerprint: fingerprint ?? fingerprintOf(compose(time?.json ?? '')),
    source: attributes.get('source')?.text ?? '',
    id: attributes.get('id')?.text ?? '',
    partitionKey: attributes.get('partitionkey')?.text ?? null,
  }
}

/** As JSON: the extension `schemaversion`, else the last number of `dataschema`, else 1. Whether it is right the processor judges. */
function versionOf(attributes: Attributes): string {
  const own = attributes.get('schemaversion')
  if (own !== undefined) return /^\d{1,20}$/.test(own.text) ? withoutZeros(own.text) : own.json
  const numbers = attributes.get('dataschema')?.text.match(/\d+/g)
  return withoutZeros(numbers?.at(-1) ?? '1')
}

/** JSON has no number that begins with zeros. */
const withoutZeros = (digits: string): string => digits.replace(/^0+(?=\d)/, '')

/** The key of an event that came without one: CloudEvents 1.0 makes `source` + `id` the name of an event. */
export function keyOfCloudEvent({ source, id }: CloudEvent): { key: string } | Refusal {
  const key = parseIdempotencyKey(source + id)
  return key === null
    ? {
        code: 'IDEMPOTENCY_KEY_MALFORMED',
        detail: `The attributes source and id together are no idempotency key (${KEY_RULE}): send an Idempotency-Key.`,
      }
    : { key }
}

/** The partition key that the request names, else the one of the event. */
export function partitionKeyOfCloudEvent(
  { partitionKey }: CloudEvent,
  ofRequest: string | null,
): { partitionKey: string | null } | Refusal {
  if (ofRequest !== null || partitionKey === null) return { partitionKey: ofRequest }
  const parsed = parseIdempotencyKey(partitionKey)
  return parsed === null
    ? { code: 'IDEMPOTENCY_KEY_MALFORMED', detail: `The attribute partitionkey must be ${KEY_RULE}.` }
    : { partitionKey: parsed }
}
