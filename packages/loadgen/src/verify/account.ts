import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import type { AnswerLine, RunLine, SendLine } from '../ledger/ledger-line.ts'
import { hashBody } from './content-hash.ts'
import { EventColumns, FLAG } from './event-columns.ts'
import type { Example, Findings } from './findings.ts'
import { judgeAnswer, type TryContext } from './judge-answer.ts'
import { KeyIndex } from './key-index.ts'
import { createLimitCheck } from './limit-check.ts'
import { readEntries, readRunLine, readSendLine } from './read-ledger.ts'

/** What a ledger says of its run: every event, and what its tries were answered. */
export type Account = {
  run: RunLine
  events: EventColumns
  /** The number of a tenant's key; null when the run never sent it. */
  keyOf: (tenantId: string, key: string) => number | null
  /** The receipts that an event got besides its first one. */
  furtherReceipts: (index: number) => readonly string[]
  requests: number
  endedAt: Date | null
  /** Of the 202s, from the intended send, in µs. */
  latency: RecordableHistogram
  /** Who an event is, for people. Reads the ledger again. */
  exampleOf: (index: number, why: string) => Example
}

export type AccountOptions = {
  noFaults: boolean
  /** Events that a tenant may send in 60 s; null: not checked. */
  limitPerMin: number | null
}

/** The event is nowhere because of such an answer. Every other one but 202 leaves it open. */
const REFUSED: ReadonlySet<number> = new Set([400, 401, 404, 405, 408, 413, 415, 422, 429, 431])
/** Ingest remembers a key for 30 minutes; a repeat that comes near the end may or may not be in time. */
const SURE_WINDOW_MS = 25 * 60_000

/** A try whose answer was not read yet. `order` is its place among the ledger's lines. */
type OpenTry = { index: number; order: number; sentMs: number; line: SendLine }

/**
 * Reads a ledger once, line by line, and judges every answer on the way. The order of its lines is the order of what
 * happened: what was answered further up was known before what was sent further down.
 * @throws {LedgerError}
 */
export function readAccount(file: string, options: AccountOptions, findings: Findings): Account {
  const reader = new AccountReader(file, options, findings)
  let order = 0
  for (const { line, at } of readEntries(file)) {
    order++
    if (line.kind === 'send') reader.send(line, at, order)
    else if (line.kind === 'answer') reader.answer(line, order)
    else if (line.kind === 'end') reader.endedAt = new Date(line.at)
  }
  return reader.account()
}

class AccountReader {
  readonly #file: string
  readonly #run: RunLine
  readonly #options: AccountOptions
  readonly #findings: Findings
  readonly #limit: ReturnType<typeof createLimitCheck>
  readonly #events = new EventColumns()
  readonly #keys: KeyIndex
  /** By seq: an event is tried again only when its last try has ended. */
  readonly #open = new Map<number, OpenTry>()
  readonly #receipts = new Map<number, string[]>()
  readonly #latency = createHistogram({ lowest: 1, highest: 3_600_000_000, figures: 3 })
  #requests = 0
  endedAt: Date | null = null

  constructor(file: string, options: AccountOptions, findings: Findings) {
    this.#file = file
    this.#run = readRunLine(file)
    this.#options = options
    this.#findings = findings
    this.#keys = new KeyIndex(this.#run.key_prefix)
    this.#limit = createLimitCheck(options.limitPerMin ?? Number.POSITIVE_INFINITY)
  }

  send(line: SendLine, at: number, order: number): void {
    const index = this.#eventOf(line, at)
    if (line.try === 1) this.#requests++
    this.#events.begin(index)
    const { body: _, body_base64: __, ...rest } = line
    this.#open.set(line.seq, { index, order, sentMs: Date.parse(line.at), line: rest })
  }

  #eventOf(line: SendLine, at: number): number {
    const { fp: fingerprint, class: eventClass, expect = null, body } = line
    const key = this.#keys.find(line.tenant, line.key) ?? this.#keys.add(line.tenant, line.key, this.#events.addKey())
    const known = this.#events.find(key, fingerprint)
    if (known !== -1) return known
    const index = this.#events.add({ fingerprint, class: eventClass, expect, sendAt: at, key })
    const content = body === undefined || eventClass.startsWith('bad') ? null : hashBody(body)
    if (content !== null) this.#events.setContent(index, content)
    return index
  }

  answer(line: AnswerLine, order: number): void {
    const open = this.#open.get(line.seq)
    if (open === undefined || open.line.try !== line.try) return
    this.#open.delete(line.seq)
    const { index, sentMs } = open
    const answeredMs = sentMs + line.took_ms
    const fault = judgeAnswer(line, this.#contextOf(open))
    this.#events.end(index)
    if (fault !== null) this.#findings.add(fault.number, () => this.#exampleOf(index, fault.why))
    if (line.status === 202) this.#accepted(line, index, order, answeredMs)
    else if (line.status === null || !REFUSED.has(line.status)) this.#events.set(index, FLAG.unknown)
    if (costsOfLimit(line) && this.#limit.took(open.line.tenant, sentMs, answeredMs))
      this.#findings.add('overLimit', () => this.#exampleOf(index, 'more than the limit within 60 s'))
  }

  #accepted(line: AnswerLine, index: number, order: number, answeredMs: number): void {
    const { receipt_id: receiptId = '' } = line
    this.#latency.record(Math.max(1, Math.round(line.ms * 1_000)))
    if (line.duplicate === true) this.#events.set(index, FLAG.saidDuplicate)
    if (!this.#events.has(index, FLAG.accepted)) this.#events.accept(index, order, answeredMs, receiptId)
    else if (!this.#isKnownReceipt(index, receiptId))
      this.#receipts.set(index, [...(this.#receipts.get(index) ?? []), receiptId])
  }

  #contextOf({ index, order, sentMs, line }: OpenTry): TryContext {
    const events = this.#events
    const ofKey = [...events.ofKey(events.keyOf(index))]
    const others = ofKey.filter((other) => other !== index)
    const isOld = (one: number) => events.has(one, FLAG.accepted) && sentMs - events.acceptedMs(one) > SURE_WINDOW_MS
    return {
      class: line.class,
      expect: line.expect ?? null,
      strict: this.#run.strict,
      fresh: this.#run.fresh,
      noFaults: this.#options.noFaults,
      tries: events.triesOf(index),
      earlierUnknown: events.has(index, FLAG.unknown) || events.openTriesOf(index) > 1,
      acceptedBefore: events.acceptedBefore(index, order),
      insideWindow: !ofKey.some(isOld),
      otherBodySent: others.length > 0,
      otherBodyAccepted: others.some((other) => events.acceptedBefore(other, order)),
      isKnownReceipt: (receiptId) => this.#isKnownReceipt(index, receiptId),
    }
  }

  #isKnownReceipt(index: number, receiptId: string): boolean {
    return this.#events.isReceipt(index, receiptId) || (this.#receipts.get(index)?.includes(receiptId) ?? false)
  }

  #exampleOf(index: number, why: string): Example {
    const { tenant, key } = readSendLine(this.#file, this.#events.sendAt(index))
    return { tenant, key, why }
  }

  account(): Account {
    // What was never answered is open: the writer was killed, or told to stop.
    for (const { index } of this.#open.values()) this.#events.set(index, FLAG.unknown)
    return {
      run: this.#run,
      events: this.#events,
      keyOf: (tenantId, key) => this.#keys.find(tenantId, key),
      furtherReceipts: (index) => this.#receipts.get(index) ?? [],
      requests: this.#requests,
      endedAt: this.endedAt,
      latency: this.#latency,
      exampleOf: (index, why) => this.#exampleOf(index, why),
    }
  }
}

/** What was let through the gate for certain. Degraded, the limit is a promise of each process alone. */
const costsOfLimit = ({ status, degraded }: AnswerLine) => status === 202 && degraded !== true
