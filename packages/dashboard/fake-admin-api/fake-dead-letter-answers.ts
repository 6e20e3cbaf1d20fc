import { randomUUID } from 'node:crypto'
import type {
  CancelRequest,
  CheckRequest,
  DismissRequest,
  RedriveOneRequest,
  RedriveRequest,
} from '@sluice/contract/admin-api/redrives'
import { fakeAudit } from './fake-audit.ts'
import { type FakeFilter, groupsOf, listed, whole } from './fake-dead-letters.ts'
import { HOSTILE_TEXT } from './fake-events.ts'
import { FakeRefusal } from './fake-ledger.ts'
import { isoTime } from './fake-random.ts'
import type { FakeAnswers, FakeAsked, FakeSituation } from './fake-situation.ts'

/** Dead letters, and what repairs them. */
export const deadLetterAnswers = (
  at: FakeSituation,
): Pick<
  FakeAnswers,
  | 'deadLetters'
  | 'deadLetterGroups'
  | 'deadLetterCount'
  | 'deadLetterSample'
  | 'deadLetter'
  | 'redriveJobs'
  | 'redriveJob'
  | 'audit'
  | 'check'
  | 'redriveOne'
  | 'dismiss'
  | 'redriveMany'
  | 'cancelJob'
> => ({
  deadLetters: (asked) => {
    const all = at.isFirstRun() ? [] : lettersFor(at, asked)
    const from = Number(asked.cursor ?? 0)
    const limit = Number(asked.limit ?? 50)
    return {
      data: all.slice(from, from + limit).map(listed),
      next_cursor: from + limit < all.length ? String(from + limit) : null,
    }
  },
  deadLetterGroups: (asked) => groupsOf(at.isFirstRun() ? [] : lettersFor(at, asked), at.now()),
  deadLetterCount: (asked) => ({
    count: at.isFirstRun() ? 0 : lettersFor(at, asked).length,
    exact: true,
    as_of: isoTime(at.now()),
  }),
  deadLetterSample: ({ limit }) => ({ data: at.isFirstRun() ? [] : sample(at, Number(limit ?? 20)) }),
  deadLetter: ({ id = '' }) => whole(at.ledger.find(id)),
  redriveJobs: () => ({ data: at.ledger.jobs(), next_cursor: null }),
  redriveJob: ({ id = '' }) => at.ledger.job(id),
  audit: (asked) => {
    const all = at.isFirstRun() ? [] : fakeAudit(asked, at.now())
    const from = Number(asked.cursor ?? 0)
    const limit = Number(asked.limit ?? 50)
    return {
      data: all.slice(from, from + limit),
      next_cursor: from + limit < all.length ? String(from + limit) : null,
    }
  },
  check: (_, body: CheckRequest) => at.ledger.check(body),
  redriveOne: ({ id = '' }, body: RedriveOneRequest) => changed(at, id, 'redrive', body),
  dismiss: ({ id = '' }, body: DismissRequest) => changed(at, id, 'dismiss', body),
  redriveMany: (_, body: RedriveRequest) => at.ledger.once(body.operation_id, () => at.ledger.startJob(body)),
  cancelJob: ({ id = '' }, body: CancelRequest) => at.ledger.once(body.operation_id, () => at.ledger.cancel(id)),
})

function lettersFor(at: FakeSituation, asked: FakeAsked) {
  const all = at.ledger.list(asked as FakeFilter)
  if (asked.tenant !== 'hostile') return all
  return at.ledger
    .list({ ...(asked as FakeFilter), tenant: undefined as never })
    .slice(0, 5)
    .map((letter) => ({
      ...letter,
      tenant_id: 'hostile',
      event_type: HOSTILE_TEXT,
      event_id: HOSTILE_TEXT,
      detail: HOSTILE_TEXT,
      pointer: `/${HOSTILE_TEXT.replace('\u0000', '')}`,
    }))
}

function sample(at: FakeSituation, limit: number) {
  return at.ledger
    .list({})
    .slice(0, limit)
    .map(
      ({
        reason,
        detail,
        pointer,
        stage,
        failed_at,
        tenant_id,
        receipt_id,
        source,
        attempt,
        original = '',
        original_encoding = 'utf8',
      }) => ({
        reason,
        detail,
        pointer,
        stage,
        failed_at,
        tenant_id,
        receipt_id,
        source,
        attempt,
        original,
        original_encoding,
      }),
    )
}

function changed(
  at: FakeSituation,
  id: string,
  action: 'redrive' | 'dismiss',
  body: { operation_id: string; by?: string; note?: string },
) {
  if (id.endsWith('0409')) throw new FakeRefusal(409, 'DEAD_LETTER_REDRIVING', 'Somebody else redrives it now.')
  return at.ledger.once(body.operation_id, () => ({
    operation_id: body.operation_id,
    job_id: action === 'redrive' ? randomUUID() : null,
    dead_letter: whole(at.ledger.changeOne(id, action, { by: body.by ?? 'admin', note: body.note ?? null })),
  }))
}
