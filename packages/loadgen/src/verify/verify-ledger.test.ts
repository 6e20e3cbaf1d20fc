import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { LedgerLine } from '../ledger/ledger-line.ts'
import { aDeadLetter, aLedgerFile, aRow, aRunLine, aTry, bodyOf, receiptOf, refusal } from '../testing/a-ledger.ts'
import { type Evidence, EvidenceError, type Place, type ReceiptPlace } from './evidence.ts'
import { WRONG_NUMBERS, type WrongNumber } from './findings.ts'
import { LedgerError } from './read-ledger.ts'
import { type VerifyOptions, verifyLedger } from './verify-ledger.ts'
import { exitCodeOf, renderLine, renderTable } from './verify-report.ts'

const BAD_BODY = '{"event_id":"e-3","schema_version":1}'
const OTHER_BODY = bodyOf(60)

/** One of each kind, all as it must be. */
const HEALTHY: readonly LedgerLine[] = [
  aRunLine(),
  ...aTry(1),
  ...aTry(2),
  ...aTry(3, { class: 'bad-at-processor', expect: 'MISSING_FIELD', body: BAD_BODY }),
  ...aTry(4, { class: 'bad-at-edge', expect: '400', body: '[]' }, refusal('NOT_AN_OBJECT')),
  ...aTry(
    5,
    { class: 'dup-same', dup_of: 1, key: 'lg-run-1', body: bodyOf(1) },
    { duplicate: true, receipt_id: receiptOf(1) },
  ),
  ...aTry(
    6,
    { class: 'dup-conflict', dup_of: 1, key: 'lg-run-1', body: OTHER_BODY },
    refusal('IDEMPOTENCY_KEY_REUSED'),
  ),
  ...aTry(7, {}, refusal('LOG_UNAVAILABLE')),
  ...aTry(7, { try: 2 }),
  ...aTry(8, {}, null), // never answered, and settled
  ...aTry(9, {}, null), // never answered, and nowhere
]
const PLACES: readonly Place[] = [aRow(1), aRow(2), aDeadLetter(3, BAD_BODY), aRow(7), aRow(8)]

type World = {
  lines?: readonly LedgerLine[]
  places?: readonly Place[]
  receipts?: Readonly<Record<string, ReceiptPlace>>
  gap?: number | null
  waiting?: number | null
}
const UNKNOWN: ReceiptPlace = { state: 'unknown', tenantId: null, key: null }

function evidenceOf({ places = PLACES, receipts = {}, gap = 0, waiting = 0 }: World): Evidence {
  return {
    waiting: async () => ({ total: waiting, mark: '' }),
    async *places() {
      yield places
    },
    findReceipt: async (receiptId) => receipts[receiptId] ?? UNKNOWN,
    balance: async () => ({ gap, compared: true }),
  }
}

async function verify(t: TestContext, world: World = {}, options: Partial<VerifyOptions> = {}) {
  const file = aLedgerFile(t, world.lines ?? HEALTHY)
  return verifyLedger(file, evidenceOf(world), {
    noFaults: true,
    timeoutMs: 10,
    quietMs: 0,
    limitPerMin: null,
    stopping: new AbortController().signal,
    ...options,
  })
}
type Verdict = Awaited<ReturnType<typeof verify>>
const wrongOf = ({ findings }: Verdict) =>
  Object.fromEntries(WRONG_NUMBERS.map((n) => [n, findings.count(n)]).filter(([, count]) => count !== 0))
const without = (seq: number) => PLACES.filter(({ key }) => key !== `lg-run-${seq}`)
const and = (...places: Place[]) => [...PLACES, ...places]

describe('verify', () => {
  it('finds nothing wrong with a run where everything is as it must be', async (t) => {
    const verdict = await verify(t)
    assert.deepEqual(wrongOf(verdict), {})
    assert.deepEqual(verdict.counts, { requests: 9, events: 8, accepted: 4, refused: 2, unknown: 2 })
    assert.deepEqual(verdict.unknown, { unknownSettled: 1, unknownAbsent: 1 })
    assert.equal(exitCodeOf(verdict), 0)
  })

  const WORLDS: readonly [string, World, Partial<Record<WrongNumber, number>>][] = [
    ['a row that is gone', { places: without(2) }, { lost: 1, receiptLost: 1 }],
    ['a dead letter that is gone', { places: without(3) }, { lost: 1, receiptLost: 1 }],
    [
      'a dead letter closed by a row that is not there',
      { places: [...without(3), aDeadLetter(3, BAD_BODY, { state: 'redriven' })] },
      { lost: 1 },
    ],
    [
      'an event that still waits',
      { places: without(2), receipts: { [receiptOf(2)]: { state: 'waiting', tenantId: null, key: null } } },
      { stillWaiting: 1 },
    ],
    ['a second row of one key', { places: and(aRow(2)) }, { dupRows: 1 }],
    [
      'a row and an open dead letter',
      { places: and(aDeadLetter(2, bodyOf(2), { reason: 'UNSTORABLE' })) },
      { both: 1, wrongPlace: 1 },
    ],
    [
      'a good event set aside',
      { places: [...without(2), aDeadLetter(2, bodyOf(2), { reason: 'UNSTORABLE' })] },
      { wrongPlace: 1 },
    ],
    [
      'a conflict found where nothing conflicts',
      { places: [...without(2), aDeadLetter(2, bodyOf(2), { reason: 'IDEMPOTENCY_CONFLICT' })] },
      { wrongPlace: 1 },
    ],
    [
      'a bad event set aside for another reason',
      { places: [...without(3), aDeadLetter(3, BAD_BODY, { reason: 'INVALID_FIELD' })] },
      { wrongPlace: 1 },
    ],
    [
      'a bad event stored',
      { places: [...without(3), { ...aRow(3), fingerprint: aDeadLetter(3, BAD_BODY).fingerprint }] },
      { wrongPlace: 1 },
    ],
    [
      'a refused event stored',
      { places: and({ ...aRow(4), fingerprint: aDeadLetter(4, '[]').fingerprint }) },
      { ghost: 1 },
    ],
    [
      'a refused conflict set aside',
      { places: and({ ...aDeadLetter(1, OTHER_BODY, { reason: 'IDEMPOTENCY_CONFLICT' }) }) },
      { ghost: 1 },
    ],
    ['a row that the run never sent', { places: and(aRow(99)) }, { ghost: 1 }],
    ['a row of somebody else', { places: and(aRow(2, { key: 'lg-other-2' })) }, {}],
    [
      'a payload with another number',
      { places: [...without(2), aRow(2, { content: { ...content(2), payload: '{"n":1.21}' } })] },
      { altered: 1 },
    ],
    [
      'a payload with one member less',
      { places: [...without(2), aRow(2, { content: { ...content(2), payload: '{}' } })] },
      { altered: 1 },
    ],
    [
      'an event of another type',
      { places: [...without(2), aRow(2, { content: { ...content(2), eventType: 'a.c' } })] },
      { altered: 1 },
    ],
    [
      'a fingerprint of something else',
      { places: [...without(2), aRow(2, { fingerprint: '0'.repeat(64) })] },
      { altered: 1, receiptLost: 1 },
    ],
    [
      'original bytes of something else',
      { places: [...without(3), { ...aDeadLetter(3, '{}'), fingerprint: aDeadLetter(3, BAD_BODY).fingerprint }] },
      { altered: 1 },
    ],
    [
      'a row of another tenant of the run',
      { places: [...without(2), aRow(2, { tenantId: 'tenant_b' })] },
      { tenantLeak: 1, receiptLost: 1 },
    ],
    [
      'a row of a tenant that did not send',
      { places: [...without(2), aRow(2, { tenantId: 'stranger' })] },
      { tenantLeak: 1, receiptLost: 1 },
    ],
    ['a sum that does not close', { gap: -2 }, { unbalanced: 2 }],
    [
      'a row under another receipt',
      { places: [...without(2), aRow(2, { receiptId: receiptOf(98) })] },
      { receiptLost: 1 },
    ],
    [
      'a receipt that stands for the row',
      {
        places: [...without(2), aRow(2, { receiptId: receiptOf(98) })],
        receipts: { [receiptOf(2)]: { state: 'settled', tenantId: 'tenant_a', key: 'lg-run-2' } },
      },
      {},
    ],
    [
      'a receipt that leads to another event',
      {
        places: [...without(2), aRow(2, { receiptId: receiptOf(98) })],
        receipts: { [receiptOf(2)]: { state: 'settled', tenantId: 'tenant_a', key: 'lg-run-1' } },
      },
      { receiptLost: 1 },
    ],
  ]
  for (const [what, world, wrong] of WORLDS)
    it(`tells of ${what}`, async (t) => {
      const verdict = await verify(t, world)
      // The receipt of what nobody knows may be lost with it: the table names it where that is so.
      const { receiptLost, ...found } = wrongOf(verdict)
      const { receiptLost: expectedLost, ...expected } = wrong
      assert.deepEqual(found, expected)
      if (expectedLost !== undefined) assert.equal(receiptLost, expectedLost)
      else if (expected.lost === undefined) assert.equal(receiptLost, undefined)
      assert.equal(exitCodeOf(verdict), Object.keys(wrong).length > 0 ? 1 : 0)
    })

  const dupOf1 = (answer: object) =>
    aTry(10, { class: 'dup-same', dup_of: 1, key: 'lg-run-1', body: bodyOf(1) }, answer)
  const ANSWERS: readonly [string, LedgerLine[], Partial<Record<WrongNumber, number>>][] = [
    ['a repeat that was not called one', dupOf1({ receipt_id: receiptOf(1) }), { missedDup: 1 }],
    ['a repeat with a receipt of its own', dupOf1({ duplicate: true }), { badAnswer: 1, receiptLost: 1 }],
    ['a repeat that may have met the first one', dupOf1(refusal('IDEMPOTENCY_KEY_IN_FLIGHT')), {}],
    [
      'a duplicate that was never sent before',
      aTry(10, {}, { duplicate: true }),
      { badAnswer: 1, lost: 1, falseDup: 1, receiptLost: 1 },
    ],
    ['a 409 with nothing under way', aTry(10, {}, refusal('IDEMPOTENCY_KEY_IN_FLIGHT')), { badAnswer: 1 }],
    [
      'a 409 without Retry-After',
      dupOf1(refusal('IDEMPOTENCY_KEY_IN_FLIGHT', { retry_after: undefined })),
      { badAnswer: 1 },
    ],
    ['a Retry-After of nothing', aTry(10, {}, refusal('RATE_LIMITED', { retry_after: '0' })), { badAnswer: 1 }],
    ['a 422 without another body', aTry(10, {}, refusal('IDEMPOTENCY_KEY_REUSED')), { badAnswer: 1 }],
    ['a good event refused', aTry(10, {}, refusal('UNAUTHENTICATED')), { badAnswer: 1 }],
    ['a code of another status', aTry(10, {}, refusal('RATE_LIMITED', { code: 'LOG_UNAVAILABLE' })), { badAnswer: 1 }],
    ['a type of another code', aTry(10, {}, refusal('RATE_LIMITED', { type: '/problems/internal' })), { badAnswer: 1 }],
    ['a 500', aTry(10, {}, refusal('INTERNAL')), { badAnswer: 1 }],
    [
      'an event at the door refused otherwise',
      aTry(10, { class: 'bad-at-edge', expect: '400' }, refusal('TOO_LARGE')),
      { badAnswer: 1 },
    ],
    [
      'an event at the door over the limit',
      aTry(10, { class: 'bad-at-edge', expect: '400' }, refusal('RATE_LIMITED')),
      { badAnswer: 1 },
    ],
    [
      'an event at the door while the log is away',
      aTry(10, { class: 'bad-at-edge', expect: '400' }, refusal('LOG_UNAVAILABLE')),
      {},
    ],
    [
      'another body let through under a used key',
      aTry(10, { class: 'dup-conflict', dup_of: 2, key: 'lg-run-2' }),
      { badAnswer: 1, lost: 1, receiptLost: 1 },
    ],
  ]
  for (const [what, lines, wrong] of ANSWERS)
    it(`judges ${what}`, async (t) => {
      assert.deepEqual(wrongOf(await verify(t, { lines: [...HEALTHY, ...lines] })), wrong)
    })

  it('excuses a gate that forgot while faults were made: one is the row, the other in conflict', async (t) => {
    const conflict = aTry(10, { class: 'dup-conflict', dup_of: 2, key: 'lg-run-2' }, { degraded: true })
    const letter = { ...aDeadLetter(10, bodyOf(10), { reason: 'IDEMPOTENCY_CONFLICT' }), key: 'lg-run-2' }
    const verdict = await verify(t, { lines: [...HEALTHY, ...conflict], places: and(letter) }, { noFaults: false })
    assert.deepEqual(wrongOf(verdict), {})
    const missed = await verify(
      t,
      { lines: [...HEALTHY, ...dupOf1({ receipt_id: receiptOf(1) })] },
      { noFaults: false },
    )
    assert.equal(missed.findings.count('missedDup'), 1)
    assert.equal(exitCodeOf(missed), 0)
  })

  it('expects bad events to be refused where ingest was asked to validate', async (t) => {
    const bad = { class: 'bad-at-processor', expect: 'MISSING_FIELD', body: BAD_BODY } as const
    const strict = (answer: object) => [aRunLine({ strict: true }), ...aTry(3, bad, answer)]
    assert.deepEqual(wrongOf(await verify(t, { lines: strict(refusal('INVALID_EVENT')), places: [] })), {})
    const accepted = await verify(t, { lines: strict({}), places: [aDeadLetter(3, BAD_BODY)] })
    assert.deepEqual(wrongOf(accepted), { badAnswer: 1 })
  })

  it('finds what was let through over the limit within a minute, and not across two', async (t) => {
    const at = (seconds: number) => new Date(Date.UTC(2026, 4, 4, 10) + seconds * 1_000).toISOString()
    const lines = [0, 30, 59, 61, 92].flatMap((seconds, nth) => aTry(nth + 1, { at: at(seconds) }))
    const places = [1, 2, 3, 4, 5].map((seq) => aRow(seq))
    const of = async (limitPerMin: number) =>
      (await verify(t, { lines: [aRunLine(), ...lines], places }, { limitPerMin })).findings.count('overLimit')
    assert.deepEqual([await of(3), await of(2), await of(1)], [0, 3, 4])
  })

  it('compares with what there is when something waits for longer than it is patient', async (t) => {
    const verdict = await verify(t, { waiting: 3 })
    assert.deepEqual([verdict.recoverySeconds, wrongOf(verdict)], [null, {}])
  })

  it('proves nothing where the platform cannot be asked, or does not know its own sum', async (t) => {
    await assert.rejects(verify(t, { waiting: null }), EvidenceError)
    const verdict = await verify(t, { gap: null })
    assert.equal(exitCodeOf(verdict), 3)
    assert.equal(JSON.parse(renderLine(verdict)).unbalanced, null)
  })

  it('does not take a file for a ledger that is none', async (t) => {
    for (const lines of [[], [{ kind: 'run', version: 2 }], [{ hello: 1 }]] as unknown as LedgerLine[][])
      await assert.rejects(verify(t, { lines }), LedgerError)
    await assert.rejects(verify(t, { lines: [...HEALTHY, { kind: 'sent' } as unknown as LedgerLine] }), LedgerError)
  })

  it('reports one line of JSON, and a table that names what is wrong and where', async (t) => {
    const verdict = await verify(t, { places: without(2) })
    const line = renderLine(verdict)
    assert.equal(line.indexOf('\n'), line.length - 1)
    const { verdict: word, lost, events, aheadCommit, overLimit, p50 } = JSON.parse(line)
    assert.deepEqual(
      [word, lost, events, aheadCommit, overLimit, p50 > 4 && p50 < 6],
      ['wrong', 1, 8, null, null, true],
    )
    const table = renderTable(verdict)
    assert.match(table, /^✖ lost +1 {2}accepted, and nowhere\n {6}tenant_a {2}lg-run-2 {2}accepted under the receipt/m)
    assert.match(table, /^✔ dupRows +0/m)
  })

  it('shows no more than 20 examples', async (t) => {
    const verdict = await verify(t, { places: Array.from({ length: 50 }, (_, nth) => aRow(1_000 + nth)) })
    assert.equal(verdict.findings.count('ghost'), 50)
    assert.equal(renderTable(verdict).match(/never sent it/g)?.length, 20)
  })
})

function content(seq: number) {
  const row = aRow(seq)
  assert.equal(row.place, 'event')
  return row.place === 'event' ? row.content : (undefined as never)
}
