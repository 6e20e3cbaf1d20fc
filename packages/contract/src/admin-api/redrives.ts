import { type Static, Type } from 'typebox'
import { DEAD_LETTER_REASONS } from '../dead-letter.ts'
import { DeadLetterBody, DeadLetterFilterBody } from './dead-letters.ts'
import {
  Count,
  Cursor,
  Limit,
  Operation,
  oneOf,
  orNull,
  page,
  Text,
  TextOrNull,
  Time,
  TimeOrNull,
  Uuid,
} from './schema-parts.ts'

/** One operation of a JSON Patch: RFC 6902, section 4. */
export const PatchOperation = Type.Union([
  Type.Object({
    op: oneOf(['add', 'replace', 'test']),
    path: Type.String({ maxLength: 1_024 }),
    value: Type.Unknown(),
  }),
  Type.Object({ op: oneOf(['remove']), path: Type.String({ maxLength: 1_024 }) }),
  Type.Object({
    op: oneOf(['move', 'copy']),
    path: Type.String({ maxLength: 1_024 }),
    from: Type.String({ maxLength: 1_024 }),
  }),
])
export type PatchOperation = Static<typeof PatchOperation>
export const JsonPatch = Type.Array(PatchOperation, {
  minItems: 1,
  maxItems: 50,
  description: 'RFC 6902, on the event. What it does not name keeps its bytes; numbers keep their digits',
})
export type JsonPatch = Static<typeof JsonPatch>

const WholeEvent = Type.String({
  minLength: 2,
  maxLength: 262_144,
  description: 'The event as JSON text: a number inside JSON would lose digits on its way through a parser',
})
const Note = Text(1_000)
const Ids = Type.Array(Uuid, { minItems: 1, maxItems: 1_000 })
/** Either of the two; both or none is 400. */
const Selection = { filter: Type.Optional(DeadLetterFilterBody), ids: Type.Optional(Ids) }
const RateRange = { minimum: 1, maximum: 1_000 } as const

export const CheckRequest = Type.Object({
  ...Selection,
  edit: Type.Optional(JsonPatch),
  event: Type.Optional(WholeEvent),
})
export type CheckRequest = Static<typeof CheckRequest>

const LeftOut = Type.Object(
  { state: Count, attempts: Count },
  {
    description:
      'Selected but not taken: by their state (redriving and redriven; dismissed unless the filter names that state or ids are given), or because they failed again five times',
  },
)
export const CheckBody = Type.Object({
  matched: Type.Integer({ minimum: 0, description: 'What a job would take: confirm_count' }),
  left_out: LeftOut,
  checked: Type.Integer({
    minimum: 0,
    description: 'As many were judged, newest first; fewer than matched when there are very many',
  }),
  would_pass: Count,
  would_fail: Type.Array(
    Type.Object({
      reason: oneOf([...DEAD_LETTER_REASONS, 'EDIT_FAILED']),
      pointer: TextOrNull,
      detail: Type.String(),
      count: Count,
      example_id: Type.String(),
    }),
    { description: 'Largest first. EDIT_FAILED: the edit cannot be applied to it' },
  ),
  sample: Type.Array(
    Type.Object({ id: Type.String(), before: TextOrNull, after: TextOrNull, passes: Type.Boolean() }),
    { description: 'Up to five, failing ones first; the event as text' },
  ),
})
export type CheckBody = Static<typeof CheckBody>

export const RedriveOneRequest = Type.Object({
  ...Operation,
  edit: Type.Optional(JsonPatch),
  event: Type.Optional(WholeEvent),
  note: Type.Optional(Note),
})
export type RedriveOneRequest = Static<typeof RedriveOneRequest>
export const DismissRequest = Type.Object({ ...Operation, note: Note })
export type DismissRequest = Static<typeof DismissRequest>

export const RedriveRequest = Type.Object({
  ...Operation,
  ...Selection,
  edit: Type.Optional(JsonPatch),
  note: Type.Optional(Note),
  rate_per_second: Type.Integer({ ...RateRange, default: 50 }),
  confirm_count: Type.Integer({ minimum: 1, description: '`matched` as the person saw it' }),
})
export type RedriveRequest = Static<typeof RedriveRequest>

export const REDRIVE_JOB_STATES = ['running', 'done', 'cancelled'] as const
export type RedriveJobState = (typeof REDRIVE_JOB_STATES)[number]
export const RedriveJobParams = Type.Object({ id: Uuid })
export const RedriveJobBody = Type.Object({
  id: Type.String(),
  operation_id: Type.String(),
  state: Type.Unsafe<RedriveJobState>({
    ...oneOf(REDRIVE_JOB_STATES),
    description:
      'done: every outcome is known. cancelled: nothing more is appended; outcomes of what was may still come',
  }),
  by: Type.String(),
  note: TextOrNull,
  filter: orNull(DeadLetterFilterBody),
  edited: Type.Boolean(),
  rate_per_second: Type.Integer(RateRange),
  matched: Count,
  done: Type.Integer({ minimum: 0, description: 'Appended to the log again' }),
  stored: Count,
  failed_again: Count,
  waiting: Type.Integer({ minimum: 0, description: 'Appended, outcome not known yet' }),
  left_out: Type.Integer({
    minimum: 0,
    description: 'Somebody else was faster, the edit could not be applied, or the job was cancelled before',
  }),
  remaining: Type.Integer({ minimum: 0, description: 'Still to be appended' }),
  rate: orNull(Type.Number({ description: 'Appended per second since it started; null while nothing was' })),
  seconds_left: orNull(Type.Number({ description: 'To append what remains, at rate_per_second' })),
  started_at: Time,
  ended_at: TimeOrNull,
  as_of: Time,
})
export type RedriveJobBody = Static<typeof RedriveJobBody>
export const RedriveJobsQuery = Type.Object({
  state: Type.Optional(oneOf(REDRIVE_JOB_STATES)),
  cursor: Cursor,
  limit: Limit(20),
})
export const RedriveJobsBody = page(RedriveJobBody)
export const CancelRequest = Type.Object({ ...Operation })
export type CancelRequest = Static<typeof CancelRequest>

/** The answer to a change of one dead letter: how it stands now. A single redrive is a job of one. */
export const DeadLetterChangeBody = Type.Object({
  operation_id: Type.String(),
  job_id: TextOrNull,
  dead_letter: DeadLetterBody,
})
export type DeadLetterChangeBody = Static<typeof DeadLetterChangeBody>
