import { type Static, Type } from 'typebox'
import { DEAD_LETTER_REASONS } from '../dead-letter.ts'
import { Count, oneOf, orNull, Source, Tenant, Text, TextOrNull, Time } from './schema-parts.ts'

/** What happened to a record. A repeat that stores nothing is not among them: its event was told before. */
export const LIVE_OUTCOMES = ['accepted', 'stored', 'dead_lettered'] as const
export type LiveOutcome = (typeof LIVE_OUTCOMES)[number]

/** So many items a second at most; of more an even part is shown, and the rest is counted. */
export const MAX_LIVE_PER_SECOND = 500

export const LiveQuery = Type.Object({
  tenant: Tenant,
  eventType: Type.Optional(Text(255)),
  outcome: Type.Optional(oneOf(LIVE_OUTCOMES)),
})
export type LiveQuery = Static<typeof LiveQuery>

/** The data of each event of the stream, by the event's name. */
export const LiveItem = Type.Object(
  {
    outcome: oneOf(LIVE_OUTCOMES),
    at: Type.String({
      format: 'date-time',
      description: 'When the log took it, when it was stored, when it was set aside: each by the clock of that engine',
    }),
    tenant_id: TextOrNull,
    receipt_id: TextOrNull,
    event_id: TextOrNull,
    event_type: TextOrNull,
    idempotency_key: TextOrNull,
    source: Source,
    dead_letter_id: TextOrNull,
    reason: orNull(oneOf(DEAD_LETTER_REASONS)),
    pointer: TextOrNull,
  },
  { description: '`event: item`. Null where a record cannot be read' },
)
export type LiveItem = Static<typeof LiveItem>

export const LiveLeftOut = Type.Object(
  {
    since: Time,
    until: Time,
    matched: Type.Integer({ minimum: 0, description: 'Items that the filter lets through' }),
    shown: Count,
    sampled: Type.Integer({ minimum: 0, description: `Left out as more than ${MAX_LIVE_PER_SECOND} a second matched` }),
    slow: Type.Integer({ minimum: 0, description: 'Left out as this reader was slow' }),
    unread: Type.Integer({
      minimum: 0,
      description: 'Outcomes that nobody looked at, of any tenant and type: too far behind, or no longer in the log',
    }),
  },
  { description: '`event: left_out`: about once a second while anything is; matched = shown + sampled + slow' },
)
export type LiveLeftOut = Static<typeof LiveLeftOut>

export const LiveOpen = Type.Object(
  {
    as_of: Time,
    resumed: Type.Boolean({ description: 'Whether it goes on at the `Last-Event-ID` that was sent' }),
    max_per_second: Count,
  },
  { description: '`event: open`, the first one' },
)
export type LiveOpen = Static<typeof LiveOpen>

export const LiveInterrupted = Type.Object(
  { since: Time, code: Type.String(), detail: Type.String() },
  {
    description:
      '`event: interrupted`: log or store is away. Nothing is missed: `event: resumed` follows, then what happened meanwhile',
  },
)
export type LiveInterrupted = Static<typeof LiveInterrupted>

export const LiveClosing = Type.Object(
  { reason: oneOf(['shutting_down', 'failed']) },
  { description: '`event: closing`, the last one: connect again, with the `Last-Event-ID`' },
)
export type LiveClosing = Static<typeof LiveClosing>

export const LiveResumed = Type.Object({ as_of: Time }, { description: '`event: resumed`' })
export type LiveResumed = Static<typeof LiveResumed>

/** Every event of the stream, by name. */
export const LIVE_EVENTS = {
  open: LiveOpen,
  item: LiveItem,
  left_out: LiveLeftOut,
  interrupted: LiveInterrupted,
  resumed: LiveResumed,
  closing: LiveClosing,
} as const
