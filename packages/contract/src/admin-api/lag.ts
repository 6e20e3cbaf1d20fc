import { type Static, Type } from 'typebox'
import { Count, CountOrNull, Minutes, NumberOrNull, oneOf, orNull, Time, TimeOrNull } from './schema-parts.ts'

export const LagBody = Type.Object({
  engine: Type.String(),
  group: Type.String(),
  consuming: Type.Boolean({ description: 'Whether a processor showed a sign of life in the last seconds' }),
  consuming_since: orNull(
    Type.String({
      format: 'date-time',
      description: 'While consuming: since when; else the last sign of life; null when there never was one',
    }),
  ),
  total_lag: CountOrNull,
  behind_seconds: NumberOrNull,
  appended_per_second: orNull(
    Type.Number({ description: 'Measured over the last 20 s; null while too little was seen' }),
  ),
  settled_per_second: NumberOrNull,
  drain_seconds: orNull(
    Type.Number({
      description: 'Until nothing waits at the measured rates; null when it does not shrink or is unknown',
    }),
  ),
  trend: orNull(oneOf(['draining', 'growing', 'steady'])),
  partitions: orNull(
    Type.Array(
      Type.Object({
        partition: Count,
        start: CountOrNull,
        end: CountOrNull,
        committed: CountOrNull,
        lag: CountOrNull,
        oldest_waiting_at: TimeOrNull,
        behind_seconds: NumberOrNull,
      }),
    ),
  ),
  reason: Type.Optional(Type.String({ description: 'Why the numbers are null' })),
  as_of: Time,
})
export type LagBody = Static<typeof LagBody>

export const LagHistoryQuery = Type.Object({ minutes: Minutes })
export const LagPoint = Type.Object({
  at: Time,
  total_lag: orNull(Type.Integer({ minimum: 0, description: 'The most within the step' })),
  behind_seconds: NumberOrNull,
  appended_per_second: NumberOrNull,
  settled_per_second: NumberOrNull,
  consuming: orNull(Type.Boolean()),
})
export type LagPoint = Static<typeof LagPoint>
export const PROCESSOR_MARKS = ['started', 'stopped', 'lost'] as const
export const LagHistoryBody = Type.Object(
  {
    step_seconds: Type.Integer({ minimum: 1 }),
    data: Type.Array(LagPoint, {
      description: 'Every step from `since` on, oldest first; all null where nobody measured',
    }),
    marks: Type.Array(
      Type.Object({
        at: Time,
        what: Type.Unsafe<(typeof PROCESSOR_MARKS)[number]>({
          ...oneOf(PROCESSOR_MARKS),
          description: 'lost: no sign of life since',
        }),
        instance: Type.String(),
      }),
      { description: 'When processors started and ended, oldest first' },
    ),
    since: Time,
    as_of: Time,
  },
  { description: 'Measured by admin about every 10 s, kept for 24 h' },
)
export type LagHistoryBody = Static<typeof LagHistoryBody>

export const BacklogBody = Type.Object({
  data: orNull(
    Type.Array(
      Type.Object({
        tenant_id: orNull(Type.String({ description: 'Null: records whose tenant cannot be read' })),
        waiting: Count,
        share: Type.Number({ description: '0 to 1' }),
        oldest_waiting_at: TimeOrNull,
        behind_seconds: NumberOrNull,
        empty_in_seconds: orNull(
          Type.Number({ description: 'At the measured rate of its partitions; null when they do not move' }),
        ),
      }),
      { description: 'Largest first' },
    ),
  ),
  total_waiting: CountOrNull,
  sampled: Type.Boolean({
    description: 'True: too many wait to look at all; counts are estimates from `looked_at` records',
  }),
  looked_at: Count,
  reason: Type.Optional(Type.String({ description: 'Why the numbers are null' })),
  as_of: Time,
})
export type BacklogBody = Static<typeof BacklogBody>
