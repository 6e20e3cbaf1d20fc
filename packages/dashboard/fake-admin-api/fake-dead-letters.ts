import type { DeadLetterBody, DeadLetterGroupsBody } from '@sluice/contract/admin-api/dead-letters'
import type { DeadLetterReason } from '@sluice/contract/dead-letter'
import { FAKE_TENANTS, HOSTILE_TEXT } from './fake-events.ts'
import { isoTime, noise, pick, receiptAt } from './fake-random.ts'

export type FakeDeadLetter = DeadLetterBody & {
  /** What a redrive of it comes to. */
  outcome: 'stored' | 'fails_again'
  /** When its redrive ends; null while none is under way. */
  endsAtMs: number | null
  /** The last job that took it. */
  takenBy: string | null
}

type Kind = {
  reason: DeadLetterReason
  pointer: string | null
  detail: string
  stage: 'decode' | 'validate' | 'store'
  weight: number
}

const KINDS: readonly Kind[] = [
  { reason: 'MISSING_FIELD', pointer: '/event_type', detail: 'event_type is missing.', stage: 'validate', weight: 12 },
  {
    reason: 'INVALID_FIELD',
    pointer: '/occurred_at',
    detail: 'occurred_at must be an RFC 3339 time with an offset.',
    stage: 'validate',
    weight: 7,
  },
  {
    reason: 'INVALID_FIELD',
    pointer: '/schema_version',
    detail: 'schema_version must be a whole number of 1 to 2147483647.',
    stage: 'validate',
    weight: 4,
  },
  {
    reason: 'MALFORMED_RECORD',
    pointer: null,
    detail: 'The record is not an envelope with an event',
    stage: 'decode',
    weight: 2,
  },
  {
    reason: 'IDEMPOTENCY_CONFLICT',
    pointer: null,
    detail: 'Another body was stored under the same idempotency key.',
    stage: 'store',
    weight: 2,
  },
  {
    reason: 'UNSTORABLE',
    pointer: '/payload',
    detail: 'PostgreSQL cannot store this value.',
    stage: 'store',
    weight: 1,
  },
]
const WEIGHTED = KINDS.flatMap((kind) => Array.from({ length: kind.weight }, () => kind))

/** The ledger at the start: 150 dead letters over the last 20 hours, newest first, some of them closed. */
export function startingDeadLetters(nowMs: number): FakeDeadLetter[] {
  return Array.from({ length: 150 }, (_, index) => aDeadLetter(index, nowMs)).sort((a, b) =>
    b.failed_at.localeCompare(a.failed_at),
  )
}

function aDeadLetter(index: number, nowMs: number): FakeDeadLetter {
  const kind = pick(WEIGHTED, index, 11)
  const failedMs = nowMs - 40_000 - Math.floor(noise(index, 12) ** 2 * 20 * 3_600_000)
  const isReadable = kind.reason !== 'MALFORMED_RECORD'
  const state = index % 15 === 7 ? 'dismissed' : index % 15 === 11 ? 'redriven' : 'open'
  const event = isReadable ? eventText(kind, index) : null
  const receiptId = receiptAt(failedMs - 40, index)
  const isBytes = !isReadable && index % 2 === 0
  return {
    id: receiptAt(failedMs, index + 500).replace(/0000(?=.{8}$)/, '00aa'),
    state,
    reason: kind.reason,
    detail: kind.detail,
    pointer: kind.pointer,
    stage: kind.stage,
    failed_at: isoTime(failedMs),
    first_failed_at: isoTime(failedMs),
    closed_at: state === 'open' ? null : isoTime(failedMs + 600_000),
    attempt: index % 29 === 3 ? 6 : 1,
    tenant_id: isReadable ? pick(FAKE_TENANTS, index, 13) : null,
    receipt_id: isReadable ? receiptId : null,
    idempotency_key: isReadable ? `order-${4_000 + index}` : null,
    event_id: isReadable ? `order-${4_000 + index}` : null,
    event_type: isReadable && kind.pointer !== '/event_type' ? 'order.created' : null,
    fingerprint: isReadable ? 'ab12'.repeat(16) : null,
    source: { topic: 'events.raw', partition: index % 6, offset: 88_000 + index },
    event,
    original: isBytes
      ? '//5BAEIAAP/YoA=='
      : event === null
        ? '{"v":1,"receipt_id":'
        : envelopeText(receiptId, event, index),
    original_encoding: isBytes ? 'base64' : 'utf8',
    history:
      state === 'dismissed'
        ? [{ at: isoTime(failedMs + 600_000), what: 'dismissed', by: 'mara', note: 'Sent by a test of ours.' }]
        : [],
    outcome:
      kind.reason === 'MISSING_FIELD' && noise(index, 14) < 0.9
        ? 'stored'
        : kind.stage === 'validate' && noise(index, 15) < 0.4
          ? 'stored'
          : 'fails_again',
    endsAtMs: null,
    takenBy: null,
  }
}

function eventText(kind: Kind, index: number): string {
  const members = {
    event_id: `"order-${4_000 + index}"`,
    event_type: kind.pointer === '/event_type' ? null : '"order.created"',
    schema_version: kind.pointer === '/schema_version' ? '"one"' : '1',
    occurred_at: kind.pointer === '/occurred_at' ? '"yesterday"' : '"2026-01-31T12:00:00Z"',
    payload: `{"order": ${4_000 + index}, "total": 12.50, "ledger_id": 12345678901234567890, "note": ${JSON.stringify(index % 40 === 0 ? HOSTILE_TEXT : 'as agreed')}}`,
  }
  const written = Object.entries(members).flatMap(([name, value]) => (value === null ? [] : [`"${name}": ${value}`]))
  return `{${written.join(', ')}}`
}

const envelopeText = (receiptId: string, event: string, index: number): string =>
  `{"v":1,"receipt_id":"${receiptId}","tenant_id":"${pick(FAKE_TENANTS, index, 13)}","idempotency_key":"order-${4_000 + index}","event":${event}}`

export type FakeFilter = Partial<
  Record<'state' | 'reason' | 'pointer' | 'tenant' | 'eventId' | 'eventType' | 'since' | 'until' | 'q' | 'job', string>
> & {
  ids?: ReadonlySet<string>
}

export function matches(letter: FakeDeadLetter, filter: FakeFilter): boolean {
  const { ids, q } = filter
  if (ids !== undefined && !ids.has(letter.id)) return false
  if (
    q !== undefined &&
    ![letter.detail, letter.event_id, letter.event ?? '', letter.idempotency_key].some((text) => text?.includes(q))
  )
    return false
  const wanted: [string | undefined, string | null][] = [
    [filter.state, letter.state],
    [filter.reason, letter.reason],
    [filter.pointer, letter.pointer ?? ''],
    [filter.tenant, letter.tenant_id],
    [filter.eventId, letter.event_id],
    [filter.eventType, letter.event_type],
    [filter.job, letter.takenBy],
  ]
  if (!wanted.every(([want, has]) => want === undefined || want === has)) return false
  return (
    (filter.since === undefined || letter.failed_at >= filter.since) &&
    (filter.until === undefined || letter.failed_at < filter.until)
  )
}

export function groupsOf(letters: readonly FakeDeadLetter[], nowMs: number): DeadLetterGroupsBody {
  const bySignature = Map.groupBy(letters, ({ reason, pointer }) => `${reason} ${pointer ?? ''}`)
  const data = [...bySignature.values()].map((members) => {
    const [newest] = members as [FakeDeadLetter]
    const byTenant = [...Map.groupBy(members, ({ tenant_id }) => tenant_id)]
    const times = members.map(({ failed_at }) => failed_at).sort()
    return {
      reason: newest.reason,
      pointer: newest.pointer,
      count: members.length,
      share: members.length / letters.length,
      first_seen: times[0] ?? newest.failed_at,
      last_seen: times.at(-1) ?? newest.failed_at,
      tenants: byTenant.map(([tenant_id, of]) => ({ tenant_id, count: of.length })).sort((a, b) => b.count - a.count),
      tenant_count: byTenant.length,
      example_id: newest.id,
    }
  })
  return {
    data: data.sort((a, b) => b.count - a.count),
    group_count: data.length,
    total: letters.length,
    as_of: isoTime(nowMs),
  }
}

/** As a list answers it: without what only `include` or the panel asks for. */
export function listed(letter: FakeDeadLetter): DeadLetterBody {
  const {
    event: _event,
    original: _original,
    original_encoding: _encoding,
    history: _history,
    ...facts
  } = whole(letter)
  return facts
}

export function whole(letter: FakeDeadLetter): DeadLetterBody {
  const { outcome: _outcome, endsAtMs: _endsAtMs, takenBy: _takenBy, ...body } = letter
  return body
}
