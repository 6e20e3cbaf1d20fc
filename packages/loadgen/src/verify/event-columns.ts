import type { EventClass } from '../plan.ts'
import { EVENT_CLASSES } from '../plan.ts'
import type { JsonHash } from './json-hash.ts'

/** What is known of an event, as bits. */
export const FLAG = {
  accepted: 1,
  /** A try has no final answer. */
  unknown: 2,
  saidDuplicate: 4,
  row: 8,
  /** Open, redriving or dismissed. */
  deadLetter: 16,
  openDeadLetter: 32,
  /** Its key was found under another tenant, or with bytes that nobody sent: said once, not again as a loss. */
  accountedElsewhere: 64,
  hasContent: 128,
  firstReceiptPlaced: 256,
  waiting: 512,
} as const

/**
 * One event (tenant, key, fingerprint) of a ledger per index, in typed arrays: a million of them take about 110 MB, which
 * objects would need three times over. Where a text is needed again, it is read from the ledger at `sendAt`.
 */
export class EventColumns {
  count = 0
  #fingerprints = new Uint32Array(0)
  #receipts = new Uint32Array(0)
  #content = new Uint32Array(0)
  #flags = new Uint16Array(0)
  #classes = new Uint8Array(0)
  #expects = new Uint8Array(0)
  #tries = new Uint16Array(0)
  #openTries = new Uint16Array(0)
  #sendAt = new Float64Array(0)
  #acceptedOrder = new Float64Array(0)
  #acceptedMs = new Float64Array(0)
  #keys = new Int32Array(0)
  #nextOfKey = new Int32Array(0)
  keyCount = 0
  #heads = new Int32Array(0)
  #rows = new Uint16Array(0)
  readonly #expectTexts: string[] = ['']

  /** Adds a key without events; its number is returned. */
  addKey(): number {
    const key = this.keyCount++
    if (key >= this.#heads.length) {
      this.#heads = grown(this.#heads, new Int32Array(Math.max(1_024, key * 2)))
      this.#rows = grown(this.#rows, new Uint16Array(this.#heads.length))
    }
    this.#heads[key] = -1
    return key
  }

  /** Adds an event; its index is returned. @param event.sendAt where its first line begins in the ledger, in bytes */
  add(event: { fingerprint: string; class: EventClass; expect: string | null; sendAt: number; key: number }): number {
    const index = this.count++
    if (index >= this.#flags.length) this.#grow(Math.max(1_024, index * 2))
    writeHex(this.#fingerprints, index * 4, event.fingerprint.slice(0, 32))
    this.#classes[index] = EVENT_CLASSES.indexOf(event.class)
    this.#expects[index] = this.#expectIndex(event.expect ?? '')
    this.#sendAt[index] = event.sendAt
    this.#keys[index] = event.key
    this.#nextOfKey[index] = this.#heads[event.key] ?? -1
    this.#heads[event.key] = index
    return index
  }

  has = (index: number, flag: number): boolean => ((this.#flags[index] ?? 0) & flag) !== 0
  set = (index: number, flag: number): void => {
    this.#flags[index] = (this.#flags[index] ?? 0) | flag
  }
  classOf = (index: number): EventClass => EVENT_CLASSES[this.#classes[index] ?? 0] ?? 'good'
  expectOf = (index: number): string | null => this.#expectTexts[this.#expects[index] ?? 0] || null
  keyOf = (index: number): number => this.#keys[index] ?? -1
  /** The events under a key: one, and those that conflict with it. */
  ofKey(key: number): number[] {
    const events: number[] = []
    for (let index = this.#heads[key] ?? -1; index !== -1; index = this.#nextOfKey[index] ?? -1) events.push(index)
    return events
  }

  /** The event under a key with a fingerprint; −1 when the ledger has none. */
  find(key: number, fingerprint: string): number {
    let index = this.#heads[key] ?? -1
    while (index !== -1 && !isHex(this.#fingerprints, index * 4, fingerprint)) index = this.#nextOfKey[index] ?? -1
    return index
  }

  /** Counts one more row under a key, and returns how many there are now. */
  addRow(key: number): number {
    const rows = (this.#rows[key] ?? 0) + 1
    this.#rows[key] = rows
    return rows
  }

  sendAt = (index: number): number => this.#sendAt[index] ?? 0
  triesOf = (index: number): number => this.#tries[index] ?? 0
  openTriesOf = (index: number): number => this.#openTries[index] ?? 0

  begin(index: number): void {
    this.#tries[index] = this.triesOf(index) + 1
    this.#openTries[index] = this.openTriesOf(index) + 1
  }

  end(index: number): void {
    this.#openTries[index] = this.openTriesOf(index) - 1
  }

  /** Remembers the first acceptance: its place among the ledger's lines, its time and its receipt. */
  accept(index: number, order: number, atMs: number, receiptId: string): void {
    this.set(index, FLAG.accepted)
    this.#acceptedOrder[index] = order
    this.#acceptedMs[index] = atMs
    writeHex(this.#receipts, index * 4, receiptId.replaceAll('-', ''))
  }

  acceptedBefore = (index: number, order: number): boolean =>
    this.has(index, FLAG.accepted) && (this.#acceptedOrder[index] ?? 0) < order
  acceptedMs = (index: number): number => this.#acceptedMs[index] ?? 0
  receiptOf(index: number): string {
    const hex = readHex(this.#receipts, index * 4)
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  }

  isReceipt = (index: number, receiptId: string): boolean =>
    isHex(this.#receipts, index * 4, receiptId.replaceAll('-', ''))

  setContent(index: number, [low, high]: JsonHash): void {
    this.set(index, FLAG.hasContent)
    this.#content[index * 2] = low
    this.#content[index * 2 + 1] = high
  }

  isContent = (index: number, [low, high]: JsonHash): boolean =>
    this.#content[index * 2] === low && this.#content[index * 2 + 1] === high

  #expectIndex(text: string): number {
    const known = this.#expectTexts.indexOf(text)
    return known === -1 ? this.#expectTexts.push(text) - 1 : known
  }

  #grow(size: number): void {
    this.#fingerprints = grown(this.#fingerprints, new Uint32Array(size * 4))
    this.#receipts = grown(this.#receipts, new Uint32Array(size * 4))
    this.#content = grown(this.#content, new Uint32Array(size * 2))
    this.#flags = grown(this.#flags, new Uint16Array(size))
    this.#classes = grown(this.#classes, new Uint8Array(size))
    this.#expects = grown(this.#expects, new Uint8Array(size))
    this.#tries = grown(this.#tries, new Uint16Array(size))
    this.#openTries = grown(this.#openTries, new Uint16Array(size))
    this.#sendAt = grown(this.#sendAt, new Float64Array(size))
    this.#acceptedOrder = grown(this.#acceptedOrder, new Float64Array(size))
    this.#acceptedMs = grown(this.#acceptedMs, new Float64Array(size))
    this.#keys = grown(this.#keys, new Int32Array(size))
    this.#nextOfKey = grown(this.#nextOfKey, new Int32Array(size))
  }
}

function grown<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from)
  return to
}

/** 32 hex digits as four words. */
function writeHex(words: Uint32Array, at: number, hex: string): void {
  for (let word = 0; word < 4; word++) words[at + word] = Number.parseInt(hex.slice(word * 8, word * 8 + 8), 16)
}

const readHex = (words: Uint32Array, at: number): string =>
  [0, 1, 2, 3].map((word) => (words[at + word] ?? 0).toString(16).padStart(8, '0')).join('')

function isHex(words: Uint32Array, at: number, hex: string): boolean {
  for (let word = 0; word < 4; word++)
    if (words[at + word] !== Number.parseInt(hex.slice(word * 8, word * 8 + 8), 16)) return false
  return true
}
