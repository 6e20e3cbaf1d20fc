import { type Static, Type } from 'typebox'
import { DeadLetterBody } from './dead-letters.ts'
import { EventBodyRead } from './events.ts'
import { Count, oneOf, orNull, Source, Time, TimeOrNull, Uuid } from './schema-parts.ts'

export const ReceiptParams = Type.Object({ receipt_id: Uuid })

export const RECEIPT_STATES = ['waiting', 'stored', 'dead_lettered', 'redriving', 'dismissed', 'unknown'] as const
export type ReceiptState = (typeof RECEIPT_STATES)[number]
export const RECEIPT_STEPS = ['accepted', 'appended', 'dead_lettered', 'redriven', 'dismissed', 'stored'] as const

export const ReceiptStep = Type.Object({
  step: oneOf(RECEIPT_STEPS),
  at: orNull(
    Type.String({
      format: 'date-time',
      description: 'Null: it happened, and nobody kept when (the record has left the log)',
    }),
  ),
  source: Type.Optional(Source),
  by: Type.Optional(Type.String()),
  reason: Type.Optional(Type.String()),
  detail: Type.Optional(Type.String()),
  edited: Type.Optional(Type.Boolean({ description: 'Of a redrive: whether the event was changed' })),
  note: Type.Optional(Type.String()),
})
export type ReceiptStep = Static<typeof ReceiptStep>

export const ReceiptBody = Type.Object({
  receipt_id: Type.String(),
  state: oneOf(RECEIPT_STATES),
  certain: Type.Boolean({ description: 'False: too much waits to look at all of it; the state is told by times' }),
  steps: Type.Array(ReceiptStep, { description: 'Oldest first' }),
  repeats: orNull(
    Type.Object(
      { count: Count, last_at: TimeOrNull },
      {
        description:
          'Copies with receipts of their own that storage found and did not store again; null while nothing is settled. Duplicates answered at the edge got this very receipt and are not counted by event',
      },
    ),
  ),
  ahead: orNull(
    Type.Integer({ minimum: 0, description: 'Of a waiting one: records of its partition that come before it' }),
  ),
  oldest_waiting_at: orNull(
    Type.String({
      format: 'date-time',
      description: 'Of a waiting or unknown one: the oldest record that waits in the whole log',
    }),
  ),
  event: Type.Optional(EventBodyRead),
  dead_letter: Type.Optional(DeadLetterBody),
  as_of: Time,
})
export type ReceiptBody = Static<typeof ReceiptBody>
