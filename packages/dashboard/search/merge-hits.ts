import type { Answers } from '../admin-api/routes.ts'

type Found = Answers['searchEvent']

/** One line of a search: an event that is stored, or a dead letter. */
export type Hit = {
  key: string
  state: 'stored' | 'dead_lettered' | 'redriving' | 'dismissed'
  at: string
  tenantId: string | null
  eventType: string | null
  eventId: string | null
  receiptId: string | null
  deadLetterId: string | null
}

const STATES = { open: 'dead_lettered', redriving: 'redriving', dismissed: 'dismissed' } as const

/** What several questions found, once each, newest first. A redriven dead letter is left out: its event has a row of its own. */
export function mergeHits(answers: readonly Found[]): Hit[] {
  const hits = new Map<string, Hit>()
  for (const { events, dead_letters } of answers) {
    for (const event of events)
      hits.set(`event ${event.receipt_id}`, {
        key: `event ${event.receipt_id}`,
        state: 'stored',
        at: event.processed_at,
        tenantId: event.tenant_id,
        eventType: event.event_type,
        eventId: event.event_id,
        receiptId: event.receipt_id,
        deadLetterId: null,
      })
    for (const letter of dead_letters) {
      if (letter.state === 'redriven') continue
      hits.set(`letter ${letter.id}`, {
        key: `letter ${letter.id}`,
        state: STATES[letter.state],
        at: letter.failed_at,
        tenantId: letter.tenant_id,
        eventType: letter.event_type,
        eventId: letter.event_id,
        receiptId: letter.receipt_id,
        deadLetterId: letter.id,
      })
    }
  }
  return [...hits.values()].sort((a, b) => b.at.localeCompare(a.at))
}
