import type { EventLog } from '@sluice/event-log'
import {
  checkBalance,
  findDueMinutes,
  findUnsearchedGap,
  forgetBalanceChecks,
  keepGapCandidates,
} from '@sluice/event-store/balance-checks'
import { foldRollups } from '@sluice/event-store/fold-rollups'
import { errorFields } from '@sluice/runtime/error-fields'
import type { Logger } from '@sluice/runtime/logger'
import type { Pool } from '@sluice/runtime/postgres'
import { comparableMinutes, type RowRetention } from './comparable-since.ts'
import { findRecordsOfMinute } from './find-records-of-minute.ts'

/** A day, as the balance is asked for. */
const WINDOW_MINUTES = 1_440
const EVERY_MS = 5_000
/** A minute that was compared is compared again after this long: a row that goes missing later shows within it. */
const FRESH_SECONDS = 600
/** As much of each round goes into comparing, so that live work is hardly felt: 5 % of one connection. */
const BUDGET_MS = 250
const MAX_STEP_MINUTES = 60
/** Rollups are summed an hour at a time. */
const MAX_FOLDS = 3

export type ReconcilerParts = {
  pool: Pool
  eventLog: Pick<EventLog, 'lag' | 'read'>
  /** Rows older than this are gone on purpose. */
  retentionMs: RowRetention
  log: Pick<Logger, 'warn' | 'error'>
}

export type Reconciler = AsyncDisposable & {
  /** Works now and from then on every 5 s. */
  start(): void
  /** Compares minutes that are due, searches one gap, sums rollups. Never throws. True when no minute is due any more. */
  round(): Promise<boolean>
}

/** Compares counters with rows in the background, and looks in the log for what is missing. Any admin may; several are harmless. */
export function createReconciler({ pool, eventLog, retentionMs, log }: ReconcilerParts): Reconciler {
  const windowMinutes = Math.min(WINDOW_MINUTES, comparableMinutes(retentionMs))
  let stepMinutes = 1
  let rounds = 0
  let failing = false
  let timer: NodeJS.Timeout | undefined
  let running: Promise<boolean> | null = null

  async function compare(): Promise<boolean> {
    const deadline = performance.now() + BUDGET_MS
    do {
      const due = await findDueMinutes(pool, { windowMinutes, freshSeconds: FRESH_SECONDS, limit: stepMinutes })
      if (due === null) return true
      const startedAt = performance.now()
      const gaps = await checkBalance(pool, due)
      if (gaps > 0) log.error('balance.gap', { from: due.from.toISOString(), until: due.until.toISOString(), gaps })
      // As many minutes a step as fit into half the budget: few while millions of rows are in each.
      const tookMs = performance.now() - startedAt
      stepMinutes = tookMs > BUDGET_MS / 2 ? Math.max(1, stepMinutes >> 1) : Math.min(MAX_STEP_MINUTES, stepMinutes * 2)
    } while (performance.now() < deadline)
    return false
  }

  async function search(): Promise<void> {
    const gap = await findUnsearchedGap(pool)
    if (gap === null) return
    const records = await findRecordsOfMinute(eventLog, gap)
    const missing = await keepGapCandidates(pool, gap, records)
    log.error('balance.gap_searched', { minute: gap.minute.toISOString(), records: records.length, missing })
  }

  async function fold(): Promise<void> {
    for (let folds = 0; folds < MAX_FOLDS && (await foldRollups(pool)) > 0; folds += 1);
  }

  async function oneRound(): Promise<boolean> {
    try {
      await fold()
      const isFresh = await compare()
      await search()
      if (rounds % 720 === 0) await forgetBalanceChecks(pool, WINDOW_MINUTES + 60)
      rounds += 1
      failing = false
      return isFresh
    } catch (error) {
      // Said once: that an engine is away is the business of its health check.
      if (!failing) log.warn('balance.not_compared', errorFields(error))
      failing = true
      return false
    }
  }

  function round(): Promise<boolean> {
    running ??= oneRound().finally(() => {
      running = null
    })
    return running
  }

  return {
    start() {
      timer ??= setInterval(round, EVERY_MS).unref()
      void round()
    },
    round,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await running
    },
  }
}
