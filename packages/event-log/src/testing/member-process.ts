// A member of a group in a process of its own, to be stopped and killed. Arguments: database URL, topic, group, session
// timeout in ms. Tells its parent what happens to it; told `commit`, it commits its first batch.
import { closePool, openPool } from '@sluice/runtime/postgres'
import { createPostgresEventLog } from '#src/postgres-event-log.ts'
import { silent } from './log-database.ts'

export type MemberMessage =
  | { type: 'batch'; offsets: number[] }
  | { type: 'revoked' }
  | { type: 'committed'; partitions: readonly number[] }
  | { type: 'failed'; during: 'commit' | 'next'; code: string }

const [url = '', topic = '', group = '', sessionTimeoutMs = ''] = process.argv.slice(2)
const tell = (message: MemberMessage) => process.send?.(message)
const codeOf = (error: unknown) => String((error as { code?: unknown }).code)

const pool = openPool({
  url,
  max: 2,
  applicationName: 'member',
  statementTimeoutMs: 3_000,
  lockTimeoutMs: 3_000,
  log: silent,
})
const timing = { sessionTimeoutMs: Number(sessionTimeoutMs), heartbeatMs: 100, pollMs: 60_000 }
const log = createPostgresEventLog({ pool, url, log: silent, ...timing })
const consumer = await log.consume({ topic, group, maxRecords: 100, maxBytes: 1_000_000, maxWaitMs: 0 })

const first = await consumer.next()
first?.revoked.addEventListener('abort', () => tell({ type: 'revoked' }))
process.on('message', () => {
  first?.commit().then(
    (partitions) => tell({ type: 'committed', partitions }),
    (error: unknown) => tell({ type: 'failed', during: 'commit', code: codeOf(error) }),
  )
})
process.on('disconnect', () => process.exit(0))
tell({ type: 'batch', offsets: first?.records.map((record) => Number(record.offset)) ?? [] })
try {
  for (;;) if ((await consumer.next()) === null) break
} catch (error) {
  tell({ type: 'failed', during: 'next', code: codeOf(error) })
}
await closePool(pool)
