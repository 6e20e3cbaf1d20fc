import { RAW_TOPIC } from '@sluice/contract/topics'
import type { Evidence } from '@sluice/loadgen/verify/evidence'
import type { Database } from './database.ts'
import { readPlaces, readReceipt } from './sql-places.ts'
import { findOpenSums } from './table-sums.ts'
import type { TopicLog, TopicPosition } from './topic-log.ts'
import { compareTopics } from './topics-against-tables.ts'
import { findAheadOfCommit } from './unsettled-records.ts'

/** What database and log hold, read past every process of the platform. */
export function createDeepEvidence(database: Database, log: TopicLog): Evidence {
  // Of the last look at what waits, which came before the tables were read.
  let positions: TopicPosition[] = []
  return {
    async waiting() {
      positions = await log.positions(RAW_TOPIC)
      const lags = positions.map(({ start, end, committed }) => Number(end - (committed ?? start)))
      const mark = positions.map(({ end, committed }) => `${end} ${committed}`).join()
      return { total: lags.reduce((sum, lag) => sum + lag, 0), mark }
    },

    places: ({ run }) => readPlaces(database, run.key_prefix),
    findReceipt: (receiptId) => readReceipt(database, log, receiptId),

    async balance() {
      const open = await findOpenSums(database)
      const gap = open.reduce((sum, { missing }) => sum + Math.abs(missing), 0)
      return { gap, compared: true, why: open.map(({ missing, why }) => `${missing} ${why}`).join('; ') }
    },

    async lookFurther(account, findings) {
      const ahead = await findAheadOfCommit(database, log, positions)
      for (const { partition, offset, tenantId, key } of ahead)
        findings.add('aheadCommit', () => ({ tenant: tenantId, key, why: `${RAW_TOPIC} ${partition}/${offset}` }))
      return { aheadCommit: ahead.length, ...(await compareTopics(account, log, findings)) }
    },
  }
}
