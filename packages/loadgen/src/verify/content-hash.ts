import { parseOccurredAt } from '@sluice/contract/event'
import { hashAll, hashJson, hashObject, type JsonHash } from './json-hash.ts'

/** What a stored event says, as the Admin API or the database gives it; payload and extra are JSON text. */
export type StoredContent = {
  eventId: string
  eventType: string
  schemaVersion: number
  occurredAt: string
  payload: string
  extra: string | null
}

const hashString = (value: string): JsonHash => hashJson(JSON.stringify(value))
const NO_HASH: JsonHash = [0, 0]

/** Hash of the event in a body of `POST /events`; null when it is not an object with a readable `occurred_at`. */
export function hashBody(body: string): JsonHash | null {
  const fields: Partial<Record<string, JsonHash>> = {}
  let occurredAt: string | null = null
  const rest = hashObject(body, (name, hash, valueText) => {
    switch (name) {
      case 'event_id':
      case 'event_type':
      case 'schema_version':
      case 'payload':
        fields[name] = hash
        return true
      case 'occurred_at': {
        const text = valueText()
        occurredAt = text.startsWith('"') ? parseOccurredAt(String(JSON.parse(text))) : null
        return true
      }
      default:
        return false
    }
  })
  const { event_id: id, event_type: type, schema_version: version, payload } = fields
  if (!id || !type || !version || !payload || occurredAt === null) return null
  return hashAll([id, type, version, hashInstant(occurredAt), payload, rest ?? NO_HASH])
}

/** Hash of a stored event: that of `hashBody` when it is what was sent. */
export const hashStored = (stored: StoredContent): JsonHash =>
  hashAll([
    hashString(stored.eventId),
    hashString(stored.eventType),
    hashJson(String(stored.schemaVersion)),
    hashInstant(stored.occurredAt),
    hashJson(stored.payload),
    stored.extra === null ? NO_HASH : hashJson(stored.extra),
  ])

/** Trailing zeros of a second's fraction say nothing. */
const hashInstant = (rfc3339: string) => hashString(rfc3339.replace(/(?:\.0*|(\.\d*[1-9])0*)Z$/, '$1Z'))
