import { isUtf8 } from 'node:buffer'
import { closeSync, openSync, writeSync } from 'node:fs'
import { fingerprintOf } from '@sluice/contract/fingerprint'
import type { Answer } from '../client.ts'
import { parseObject } from '../outcome.ts'
import type { PlannedEvent } from '../plan.ts'
import type { AnswerLine, EndLine, RunLine, SendLine } from './ledger-line.ts'

/** Writes down what was sent and what came of it. */
export type LedgerWriter = Disposable & {
  /** With the operating system when it returns, so that a killed generator has no event that its ledger does not know. */
  sending(event: PlannedEvent, attempt: number): void
  /** Reaches the operating system with the next `sending`, or at the end. */
  answered(seq: number, attempt: number, answer: Answer, latencyMs: { fromSchedule: number; fromSending: number }): void
  ended(facts: Omit<EndLine, 'kind' | 'at'>): void
}

/** Bodies that ingest must refuse for their size are of no use to a verifier. */
const MAX_REFUSED_BODY_BYTES = 65_536
/** Answers that wait for the next sending take no more than this. */
const FLUSH_CHARACTERS = 1_000_000

const round = (ms: number) => Math.round(ms * 1_000) / 1_000

/** Begins a new ledger; the file is emptied first. Throws what opening a file throws. */
export function openLedger(file: string, run: Omit<RunLine, 'kind' | 'version'>): LedgerWriter {
  const descriptor = openSync(file, 'w')
  let waiting = ''
  const write = (line: RunLine | SendLine | AnswerLine | EndLine) => {
    waiting += `${JSON.stringify(line)}\n`
  }
  const flush = () => {
    const bytes = Buffer.from(waiting)
    waiting = ''
    for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written)
  }
  write({ kind: 'run', version: 1, ...run })
  flush()

  return {
    sending(event, attempt) {
      write(toSendLine(event, attempt))
      flush()
    },
    answered(seq, attempt, answer, { fromSchedule, fromSending }) {
      write({
        kind: 'answer',
        seq,
        try: attempt,
        ...toFields(answer),
        ms: round(fromSchedule),
        took_ms: round(fromSending),
      })
      if (waiting.length > FLUSH_CHARACTERS) flush()
    },
    ended(facts) {
      write({ kind: 'end', at: new Date().toISOString(), ...facts })
      flush()
    },
    [Symbol.dispose]() {
      flush()
      closeSync(descriptor)
    },
  }
}

function toSendLine(event: PlannedEvent, attempt: number): SendLine {
  return {
    kind: 'send',
    seq: event.seq,
    try: attempt,
    at: new Date().toISOString(),
    tenant: event.sender.tenantId,
    key: event.key,
    fp: fingerprintOf(event.body),
    class: event.class,
    ...(event.dupOf === null ? {} : { dup_of: event.dupOf }),
    ...(event.expect === null ? {} : { expect: event.expect }),
    ...(attempt === 1 ? toBody(event) : {}),
  }
}

function toBody({ class: eventClass, body }: PlannedEvent): Pick<SendLine, 'body' | 'body_base64'> {
  if (eventClass === 'bad-at-edge' && body.length > MAX_REFUSED_BODY_BYTES) return {}
  return isUtf8(body) ? { body: body.toString() } : { body_base64: body.toString('base64') }
}

function toFields(answer: Answer): Omit<AnswerLine, 'kind' | 'seq' | 'try' | 'ms' | 'took_ms'> {
  if (answer.type === 'failure') return { status: null, failure: answer.code }
  const fields = parseObject(answer.body)
  const text = (name: string) => (typeof fields[name] === 'string' ? { [name]: fields[name] } : {})
  return {
    status: answer.status,
    ...(typeof fields.duplicate === 'boolean' ? { duplicate: fields.duplicate } : {}),
    ...(answer.status === 202 ? { degraded: answer.degraded } : {}),
    ...text('receipt_id'),
    ...text('request_id'),
    ...text('code'),
    ...text('type'),
    ...(answer.retryAfter === null ? {} : { retry_after: answer.retryAfter }),
  }
}
