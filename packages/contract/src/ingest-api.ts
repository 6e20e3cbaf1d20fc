import { type Static, Type } from 'typebox'
import { PROBLEMS } from './problems.ts'

/** What the processor requires of an event. Unknown members are allowed and kept. */
export const EventBody = Type.Object(
  {
    event_id: Type.String({ minLength: 1, maxLength: 255, description: "The producer's own id" }),
    event_type: Type.String({ minLength: 1, maxLength: 255 }),
    schema_version: Type.Integer({ minimum: 1, maximum: 2_147_483_647 }),
    occurred_at: Type.String({ format: 'date-time', description: 'RFC 3339 with offset' }),
    payload: Type.Object({}, { additionalProperties: true }),
  },
  {
    additionalProperties: true,
    description: 'Any JSON object is accepted (I-JSON, RFC 7493); one that breaks these rules becomes a dead letter.',
    examples: [
      {
        event_id: 'order-1001',
        event_type: 'order.created',
        schema_version: 1,
        occurred_at: '2026-01-31T12:00:00Z',
        payload: { total: '12.50' },
      },
    ],
  },
)

/** One CloudEvent in the JSON format: CloudEvents 1.0, JSON event format, section 3. */
export const CloudEventBody = Type.Object(
  {
    specversion: Type.Literal('1.0'),
    id: Type.String({ minLength: 1, description: 'Becomes event_id' }),
    source: Type.String({ minLength: 1, description: 'With id the idempotency key, unless the header is sent' }),
    type: Type.String({ minLength: 1, description: 'Becomes event_type' }),
    time: Type.Optional(Type.String({ description: 'Becomes occurred_at; absent: the time of receipt' })),
    dataschema: Type.Optional(Type.String({ description: 'Its last number becomes schema_version; absent: 1' })),
    schemaversion: Type.Optional(
      Type.Union([Type.Integer(), Type.String()], { description: 'Becomes schema_version before dataschema does' }),
    ),
    partitionkey: Type.Optional(Type.String({ description: 'As the header X-Partition-Key, which comes first' })),
    data: Type.Optional(Type.Object({}, { additionalProperties: true, description: 'Becomes payload' })),
  },
  {
    additionalProperties: true,
    description: 'CloudEvents 1.0. In binary mode these are ce-* headers, and the body is `data`.',
  },
)

export const CloudEventsBody = Type.Array(CloudEventBody, {
  minItems: 1,
  maxItems: 1_000,
  description: 'At most 4 MiB.',
})

export const AcceptedBody = Type.Object(
  {
    status: Type.Literal('accepted'),
    duplicate: Type.Boolean({
      description: 'True when this very event was accepted before; the receipt is the first one',
    }),
    receipt_id: Type.String({ format: 'uuid' }),
    request_id: Type.String(),
  },
  { description: 'The event is durable in the log.' },
)
export type AcceptedBody = Static<typeof AcceptedBody>

export const ProblemBody = Type.Object(
  {
    type: Type.String({ examples: Object.values(PROBLEMS).map(({ name }) => `/problems/${name}`) }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String({ enum: Object.keys(PROBLEMS) }),
    request_id: Type.String(),
    errors: Type.Optional(Type.Array(Type.Object({ pointer: Type.String(), detail: Type.String() }))),
  },
  { description: 'Problem details (RFC 9457)', additionalProperties: true },
)
export type ProblemBody = Static<typeof ProblemBody>

export const EventsBody = Type.Array(EventBody, {
  minItems: 1,
  maxItems: 1_000,
  description: 'Or one event a line, as application/x-ndjson. At most 4 MiB.',
})

/** What became of each event of a batch, in order. */
export const BatchResults = Type.Object({
  request_id: Type.String(),
  accepted: Type.Integer({ description: 'Accepted for the first time' }),
  duplicates: Type.Integer(),
  failed: Type.Integer(),
  results: Type.Array(
    Type.Union([
      Type.Object({
        index: Type.Integer(),
        status: Type.Literal(202),
        duplicate: Type.Boolean(),
        receipt_id: Type.String({ format: 'uuid' }),
      }),
      Type.Object(
        {
          index: Type.Integer(),
          status: Type.Integer(),
          code: Type.String({ enum: Object.keys(PROBLEMS) }),
          detail: Type.String(),
        },
        { additionalProperties: true },
      ),
    ]),
  ),
})
export type BatchResults = Static<typeof BatchResults>

export const EventHeaders = Type.Object({
  'x-api-key': Type.Optional(Type.String({ description: 'Or Authorization: Bearer' })),
  'idempotency-key': Type.Optional(
    Type.String({
      description: '1 to 255 visible ASCII characters, once per event. Required, but for a CloudEvent: source and id',
    }),
  ),
  'x-partition-key': Type.Optional(Type.String({ description: 'Order holds among events with the same one' })),
  prefer: Type.Optional(Type.String({ description: 'handling=strict: validate before acceptance (RFC 7240)' })),
  'content-encoding': Type.Optional(Type.String({ enum: ['gzip', 'identity'] })),
  'x-request-id': Type.Optional(Type.String()),
  traceparent: Type.Optional(Type.String({ description: 'W3C Trace Context' })),
})

/** Of a batch: its key is the beginning of each event's. */
export const BatchHeaders = Type.Object({
  ...EventHeaders.properties,
  'idempotency-key': Type.Optional(
    Type.String({
      description:
        'With it the key of an event is `<key>/<index>`, without it its event_id, or source and id of a CloudEvent',
    }),
  ),
})
