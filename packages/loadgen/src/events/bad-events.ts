import type { DeadLetterReason } from '@sluice/contract/dead-letter'
import { pickIndex, type Random } from '../seeded-random.ts'
import { REQUIRED_FIELDS } from './event-body.ts'

/** How an event is spoiled so that ingest takes it and the processor sets it aside. */
export type Spoiling = { reason: DeadLetterReason; members: Readonly<Record<string, string | null>> }

/** Values of the right member and the wrong kind, as JSON text. */
const WRONG_VALUES = [
  { event_id: '""' },
  { event_type: '42' },
  { schema_version: '"1"' },
  { schema_version: '0' },
  { occurred_at: '"2026-02-30T12:00:00Z"' },
  { occurred_at: '"yesterday"' },
  { payload: '[]' },
] as const

/** Two of three bad events miss a field, the third has a wrong one: both reasons must come back from the dead letters. */
export function drawSpoiling(random: Random): Spoiling {
  if (random() < 2 / 3) {
    const missing = REQUIRED_FIELDS[pickIndex(random, REQUIRED_FIELDS.length)] ?? 'event_type'
    return { reason: 'MISSING_FIELD', members: { [missing]: null } }
  }
  const wrong = WRONG_VALUES[pickIndex(random, WRONG_VALUES.length)] ?? WRONG_VALUES[0]
  return { reason: 'INVALID_FIELD', members: wrong }
}
