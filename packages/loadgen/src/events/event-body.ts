/** What the processor requires of every event, in the order we write it. */
export const REQUIRED_FIELDS = ['event_id', 'event_type', 'schema_version', 'occurred_at', 'payload'] as const

export type RequiredField = (typeof REQUIRED_FIELDS)[number]

/** What an event says, the payload as JSON text so that its numbers keep their digits. */
export type EventTemplate = { eventType: string; payloadJson: string }

/** The body of `POST /events`. `spoiled` replaces members by other JSON text, or by null leaves them out. */
export function encodeEventBody(
  { eventId, occurredAt, template }: { eventId: string; occurredAt: string; template: EventTemplate },
  spoiled: Readonly<Record<string, string | null>> = {},
): Buffer {
  const members: Record<RequiredField, string | null> = {
    event_id: JSON.stringify(eventId),
    event_type: JSON.stringify(template.eventType),
    schema_version: '1',
    occurred_at: JSON.stringify(occurredAt),
    payload: template.payloadJson,
    ...spoiled,
  }
  const written = REQUIRED_FIELDS.filter((field) => members[field] !== null).map(
    (field) => `"${field}":${members[field]}`,
  )
  return Buffer.from(`{${written.join(',')}}`)
}
