import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { encodeEnvelope } from '@sluice/contract/envelope'
import { fingerprintOf } from '@sluice/contract/fingerprint'
import { PROBLEMS, type ProblemCode } from '@sluice/contract/problems'
import type { AnswerLine, LedgerLine, RunLine, SendLine } from '../ledger/ledger-line.ts'
import type { Place } from '../verify/evidence.ts'
import { temporaryFolder } from './run-command.ts'

export const RUN_PREFIX = 'lg-run-'
const NOW = Date.UTC(2026, 4, 4, 10)
const uuid = (n: number) => `019a0000-0000-7000-8000-${String(n).padStart(12, '0')}`

/** The receipt that ingest gave for request `seq`. */
export const receiptOf = (seq: number): string => uuid(seq)

export function aRunLine(change: Partial<RunLine> = {}): RunLine {
  return {
    kind: 'run',
    version: 1,
    run_id: 'run',
    key_prefix: RUN_PREFIX,
    fresh: true,
    seed: 1,
    url: 'http://127.0.0.1:8080/',
    tenants: ['tenant_a', 'tenant_b'],
    strict: false,
    started_at: new Date(NOW).toISOString(),
    ...change,
  }
}

/** The body of request `seq`: a valid event. */
export const bodyOf = (seq: number): string =>
  `{"event_id":"e-${seq}","event_type":"a.b","schema_version":1,"occurred_at":"2026-05-04T10:00:00Z","payload":{"n":1.${seq}0}}`

/** One try: its line before, and the one after. `answer` null: it never ended. */
export function aTry(
  seq: number,
  send: Partial<SendLine> = {},
  answer: Partial<AnswerLine> | null = {},
): (SendLine | AnswerLine)[] {
  const body = send.body ?? bodyOf(seq)
  const sent: SendLine = {
    kind: 'send',
    seq,
    try: 1,
    at: new Date(NOW + seq * 10).toISOString(),
    tenant: 'tenant_a',
    key: `${RUN_PREFIX}${seq}`,
    fp: fingerprintOf(Buffer.from(body)),
    class: 'good',
    body,
    ...send,
  }
  if (answer === null) return [sent]
  const accepted = { status: 202, duplicate: false, degraded: false, receipt_id: receiptOf(seq) }
  const answered = {
    kind: 'answer',
    seq,
    try: sent.try,
    ms: 5,
    took_ms: 5,
    ...(answer.status ? {} : accepted),
  } as const
  return [sent, { ...answered, ...answer } as AnswerLine]
}

/** An answer that refuses, as ingest writes it. */
export function refusal(code: ProblemCode, change: Partial<AnswerLine> = {}): Partial<AnswerLine> {
  const { status, name } = PROBLEMS[code]
  const retry = [409, 429, 503].includes(status) ? { retry_after: '1' } : {}
  return { status, code, type: `/problems/${name}`, ...retry, ...change }
}

export function aLedgerFile(t: TestContext, lines: readonly LedgerLine[]): string {
  const file = join(temporaryFolder(t), 'run.ndjson')
  writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  return file
}

const whoOf = (seq: number, body: string) => ({
  tenantId: 'tenant_a',
  key: `${RUN_PREFIX}${seq}`,
  fingerprint: fingerprintOf(Buffer.from(body)),
  receiptId: receiptOf(seq),
})

/** The row that request `seq` became. */
export function aRow(seq: number, change: Partial<Place & { place: 'event' }> = {}): Place {
  const content = {
    eventId: `e-${seq}`,
    eventType: 'a.b',
    schemaVersion: 1,
    occurredAt: '2026-05-04T10:00:00.000000Z',
    payload: `{"n": 1.${seq}0}`,
    extra: null,
  }
  return { ...whoOf(seq, bodyOf(seq)), place: 'event', content, ...change }
}

/** The dead letter that a request became. */
export function aDeadLetter(seq: number, body: string, change: Partial<Place & { place: 'dead_letter' }> = {}): Place {
  const who = whoOf(seq, body)
  const original = encodeEnvelope(
    {
      receiptId: who.receiptId,
      tenantId: who.tenantId,
      idempotencyKey: who.key,
      fingerprint: who.fingerprint,
      requestId: 'request-1',
      receivedAt: '2026-05-04T10:00:00.000Z',
    },
    Buffer.from(body),
  )
  return { ...who, place: 'dead_letter', state: 'open', reason: 'MISSING_FIELD', original, ...change }
}
