/** What the processor requires of every event, in the order we write it. */
export const REQUIRED_FIELDS = ['event_id', 'event_type', 'schema_version', 'occurred_at', 'payload'] as const

export type RequiredField = (typeof REQUIRED_FIELDS)[number]

/** What an event says, the payload as JSON text so that its numbers keep their digits. */
export type EventTemplate = { eventType: string; payloadJson: string }

/** The body of `POST /events`, without the field that a bad event is to miss. */
export function encodeEventBody(
  { eventId, occurredAt, template }: { eventId: string; occurredAt: string; template: EventTemplate },
  missing: RequiredField | null = null,
): Buffer {
  const members = {
    event_id: JSON.stringify(eventId),
    event_type: JSON.stringify(template.eventType),
    schema_version: '1',
    occurred_at: JSON.stringify(occurredAt),
    payload: template.payloadJson,
  } as const satisfies Record<RequiredField, string>
  const written = REQUIRED_FIELDS.filter((field) => field !== missing).map((field) => `"${field}":${members[field]}`)
  return Buffer.from(`{${written.join(',')}}`)
}
