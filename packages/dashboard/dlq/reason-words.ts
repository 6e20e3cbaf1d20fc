import type { DeadLetterReason } from '@sluice/contract/dead-letter'

type Words = { what: string; mend: string }

/** Each reason in a sentence, and the way to mend it. A reason that the contract gains does not compile here until it has both. */
export const REASON_WORDS: Record<DeadLetterReason, Words> = {
  MALFORMED_RECORD: {
    what: 'The record cannot be read.',
    mend: 'Something else wrote into the topic, or the record was damaged. Look at its bytes; it cannot be redriven as an event.',
  },
  MISSING_FIELD: {
    what: 'A field that every event must have is missing.',
    mend: 'Add it by an edit and redrive, or let the producer send the event again under another key.',
  },
  INVALID_FIELD: {
    what: 'A field has a value that events may not have.',
    mend: 'Replace it by an edit and redrive, or let the producer mend it and send the event again under another key.',
  },
  UNSTORABLE: {
    what: 'PostgreSQL cannot store this value.',
    mend: 'Replace the value by an edit and redrive.',
  },
  IDEMPOTENCY_CONFLICT: {
    what: 'Another body is stored under the same idempotency key.',
    mend: 'The producer used one key for two events. Compare both; dismiss this one, or let it be sent again under a key of its own.',
  },
  CRASH_LOOP: {
    what: 'The processor crashed on this record again and again.',
    mend: 'This is a fault of the platform: report it with the record, then redrive once it is mended.',
  },
}
