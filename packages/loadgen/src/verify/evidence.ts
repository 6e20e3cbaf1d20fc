import type { Account } from './account.ts'
import type { StoredContent } from './content-hash.ts'
import type { Findings } from './findings.ts'

/** Where something is that was accepted. Null where a record cannot be read. */
export type Place = {
  tenantId: string | null
  key: string | null
  fingerprint: string | null
  receiptId: string | null
} & (
  | { place: 'event'; content: StoredContent }
  | {
      place: 'dead_letter'
      state: 'open' | 'redriving' | 'redriven' | 'dismissed'
      reason: string
      /** The record value. */
      original: Uint8Array
    }
)

export type ReceiptPlace = {
  state: 'settled' | 'waiting' | 'unknown'
  /** Of the event or dead letter that it leads to; null where it leads to none. */
  tenantId: string | null
  key: string | null
}

/** What is waiting in the log; null where it cannot be known now. `mark` changes whenever a record comes or is settled. */
export type Waiting = { total: number | null; mark: string }

/** Whether the platform's own sum closes. */
export type Balance = {
  /** Accepted events that are nowhere, or more than were accepted; null when it cannot be known. */
  gap: number | null
  /** False: nobody has compared the sum with the rows yet. */
  compared: boolean
  /** Where it does not close, or why that cannot be known. */
  why?: string
}

/** What a verifier asks of the platform. Two ways to answer: the Admin API, or database and log read directly. */
export interface Evidence {
  /** @throws {EvidenceError} */
  waiting(): Promise<Waiting>
  /** Everything that has a place, in any order. @throws {EvidenceError} */
  places(account: Account): AsyncIterable<readonly Place[]>
  /** Where a receipt leads. @throws {EvidenceError} */
  findReceipt(receiptId: string): Promise<ReceiptPlace>
  /** Null where the platform keeps no such sum. @throws {EvidenceError} */
  balance(account: Account): Promise<Balance | null>
  /** What only this way of looking can see, once the places are compared: adds findings, returns numbers to report. */
  lookFurther?(account: Account, findings: Findings): Promise<Record<string, number>>
}

/** The platform cannot be asked: nothing is proved. */
export class EvidenceError extends Error {
  override readonly name = 'EvidenceError'
  /** What it answered instead; null when it did not answer. */
  readonly status: number | null

  constructor(message: string, { status = null, ...options }: ErrorOptions & { status?: number | null } = {}) {
    super(message, options)
    this.status = status
  }
}
