import type { EventLog } from '@sluice/event-log'
import {
  type BalanceCheck,
  checkBalance,
  type DueMinutes,
  findDueMinutes,
  findUnsearchedGap,
  forgetBalanceChecks,
  keepGapCandidates,
} from '@sluice/event-store/balance-checks'
import { foldRollups } from '@sluice/event-store/fold-rollups'
import { StoreSystemicError, StoreUnavailableError } from '@sluice/event-store/store-errors'
import { MEND_START, type MendPlace, mendSummaries } from '@sluice/event-store/summary-indexes'
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
/**
 * More pages than this beside one for each row: the summary index does not lead to the rows any more. What autovacuum is behind by at
 * most, 256 requests of 32 pages each, twice.
 */
const MAY_LOOK_AT_PAGES = 16_384
/** Mending reads the whole table, a little at a time. */
const MEND_AGAIN_MS = 24 * 60 * 60_000
const QUERY_CANCELED = '57014'

export type ReconcilerParts = {
  pool: Pool
  eventLog: Pick<EventLog, 'lag' | 'read'>
  /** Rows older than this are gone on purpose. */
  retentionMs: RowRetention
  log: Pick<Logger, 'info' | 'warn' | 'error'>
  /** Tests only, which have small tables. */
  mayLookAtPages?: number
}

export type Reconciler = AsyncDisposable & {
  /** Works now and from then on every 5 s. */
  start(): void
  /** Compares minutes that are due, searches one gap, sums rollups, mends the index by which rows are found. Never throws. True when no minute is due any more. */
  round(): Promise<boolean>
}

/** Compares counters with rows in the background, and looks in the log for what is missing. Any admin may; several are harmless. */
export function createReconciler({
  pool,
  eventLog,
  retentionMs,
  log,
  mayLookAtPages = MAY_LOOK_AT_PAGES,
}: ReconcilerParts): Reconciler {
  const windowMinutes = Math.min(WINDOW_MINUTES, comparableMinutes(retentionMs))
  let stepMinutes = 1
  let rounds = 0
  let failing = false
  let mendFrom: MendPlace | null = null
  let mendedMs = Number.NEGATIVE_INFINITY
  let timer: NodeJS.Timeout | undefined
  let running: Promise<boolean> | null = null

  async function compare(): Promise<boolean> {
    const deadline = performance.now() + BUDGET_MS
    do {
      const due = await findDueMinutes(pool, { windowMinutes, freshSeconds: FRESH_SECONDS, limit: stepMinutes })
      if (due === null) return true
      const startedAt = performance.now()
      const { gaps, pages, counted } = await checkStep(due)
      if (pages > counted + mayLookAtPages) wantMending({ pages, counted })
      if (gaps > 0) log.error('balance.gap', { from: due.from.toISOString(), until: due.until.toISOString(), gaps })
      // As many minutes a step as fit into half the budget: few while millions of rows are in each.
      const tookMs = performance.now() - startedAt
      stepMinutes = tookMs > BUDGET_MS / 2 ? Math.max(1, stepMinutes >> 1) : Math.min(MAX_STEP_MINUTES, stepMinutes * 2)
    } while (performance.now() < deadline)
    return false
  }

  /** A step that takes too long is a smaller one the next time. */
  async function checkStep(due: DueMinutes): Promise<BalanceCheck> {
    try {
      return await checkBalance(pool, due)
    } catch (error) {
      if (error instanceof StoreUnavailableError && error.sqlState === QUERY_CANCELED) {
        if (stepMinutes === 1) wantMending({ pages: null, counted: null })
        stepMinutes = Math.max(1, stepMinutes >> 1)
      }
      throw error
    }
  }

  function wantMending(why: { pages: number | null; counted: number | null }): void {
    if (mendFrom !== null || performance.now() - mendedMs < MEND_AGAIN_MS) return
    log.warn('balance.summaries_lost', why)
    mendFrom = MEND_START
  }

  async function mend(): Promise<void> {
    if (mendFrom === null) return
    try {
      mendFrom = await mendSummaries(pool, mendFrom, BUDGET_MS)
      if (mendFrom === null) log.info('balance.summaries_mended')
    } catch (error) {
      if (!(error instanceof StoreSystemicError)) throw error
      log.warn('balance.summaries_not_mended', errorFields(error))
      mendFrom = null
    }
    if (mendFrom === null) mendedMs = performance.now()
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
      await mend()
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
