import type { EventClass } from '../plan.ts'

/**
 * The ledger of a run: newline-delimited JSON, in the order in which things happened. First a `run` line; then per event
 * and try a `send` line, written before the request leaves, and an `answer` line when it ended; an `end` line when all did.
 * A try without an `answer` line is unknown, as is one whose `status` is null.
 */
export type LedgerLine = RunLine | SendLine | AnswerLine | EndLine

export type RunLine = {
  kind: 'run'
  version: 1
  run_id: string
  /** Begins every key of the run, and the keys of nobody else. */
  key_prefix: string
  /** False where the run id was given: its keys may have been used by an earlier run. */
  fresh: boolean
  seed: number
  url: string
  tenants: readonly string[]
  strict: boolean
  started_at: string
}

export type SendLine = {
  kind: 'send'
  seq: number
  try: number
  at: string
  tenant: string
  key: string
  /** SHA-256 of the body's bytes, 64 hex digits. */
  fp: string
  class: EventClass
  dup_of?: number
  expect?: string
  /** On the first try only. Text where the bytes are UTF-8, else base64; left out where ingest must refuse them unread. */
  body?: string
  body_base64?: string
}

export type AnswerLine = {
  kind: 'answer'
  seq: number
  try: number
  /** Null: the connection broke or nothing came in time. */
  status: number | null
  /** Why there is no status. */
  failure?: string
  duplicate?: boolean
  degraded?: boolean
  receipt_id?: string
  request_id?: string
  code?: string
  type?: string
  retry_after?: string
  /** From the moment the event was due to this answer. */
  ms: number
  /** From sending to this answer. */
  took_ms: number
}

export type EndLine = { kind: 'end'; at: string; interrupted: boolean; dropped: number }
