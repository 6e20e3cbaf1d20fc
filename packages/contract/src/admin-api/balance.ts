import { type Static, Type } from 'typebox'
import { Count, CountOrNull, Minutes, orNull, Tenant, TextOrNull, Time, TimeOrNull } from './schema-parts.ts'

export const BalanceQuery = Type.Object({ minutes: Minutes, tenant: Tenant })

const Gap = orNull(
  Type.Integer({
    description:
      'Accepted events that are nowhere; below 0: more than was accepted. Null while nobody can know: see comparable_since',
  }),
)
export const BalanceMinute = Type.Object({
  minute: Type.String({ format: 'date-time', description: 'Of the receipt' }),
  accepted: CountOrNull,
  stored: Count,
  dead_lettered: Count,
  repeats: Count,
  waiting: orNull(Type.Integer({ minimum: 0, description: 'Null when too many wait to look at all' })),
  gap: Gap,
  settled: Type.Boolean({
    description: 'False: running, or something received in it may still wait, or not compared yet',
  }),
  checked_at: TimeOrNull,
})
export type BalanceMinute = Static<typeof BalanceMinute>

export const BalanceBody = Type.Object(
  {
    accepted: orNull(Type.Integer({ minimum: 0, description: 'stored + dead_lettered + repeats + waiting + gap' })),
    stored: Count,
    dead_lettered: Type.Integer({ minimum: 0, description: 'Open, redriving or dismissed' }),
    repeats: Type.Integer({ minimum: 0, description: 'Copies in the log of what was accepted before' }),
    waiting: orNull(Type.Integer({ minimum: 0, description: 'In the log and not settled, whenever it was received' })),
    gap: Gap,
    settled: Type.Boolean({ description: 'Nothing waits and every minute was compared: then a gap is an alarm' }),
    per_minute: Type.Array(BalanceMinute, { description: 'Every minute, oldest first, the running one last' }),
    positions: orNull(
      Type.Object(
        { settled: Count, counted: Count, lost_unread: Count },
        {
          description:
            'Log positions settled, those of them that were counted, and records that left the log unread; of all tenants',
        },
      ),
    ),
    candidates: Type.Array(
      Type.Object({
        receipt_id: Type.String(),
        tenant_id: TextOrNull,
        minute: Time,
        source: Type.Object({ topic: Type.String(), partition: Count, offset: Count }),
      }),
      { description: 'Records of the log that have no row: what a gap may consist of; at most 100' },
    ),
    checked_at: orNull(Type.String({ format: 'date-time', description: 'The oldest comparison of these minutes' })),
    comparable_since: Type.String({
      format: 'date-time',
      description:
        'Rows of earlier minutes may have been deleted for their age (EVENTS_RETENTION, DEAD_LETTERS_RETENTION): whether any is missing is not answerable',
    }),
    as_of: Time,
  },
  {
    description:
      'Built on log positions and rows, never on the gate. A minute is compared with the rows of the tables every few minutes, so that a row lost behind our back shows',
  },
)
export type BalanceBody = Static<typeof BalanceBody>
