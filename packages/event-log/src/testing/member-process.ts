// A member of a group in a process of its own, to be stopped and killed. Arguments: database URL or `kafka:` and brokers,
// topic, group, session timeout in ms. Tells its parent what happens to it; told `commit`, it commits its first batch.
import { closePool, openPool } from '@sluice/runtime/postgres'
import type { EventLog } from '#src/event-log.ts'
import { silent } from './log-database.ts'

export type MemberMessage =
  | { type: 'batch'; offsets: number[] }
  | { type: 'revoked' }
  | { type: 'committed'; partitions: readonly number[] }
  | { type: 'failed'; during: 'commit' | 'next'; code: string }

const [engine = '', topic = '', group = '', sessionTimeoutMs = ''] = process.argv.slice(2)
const tell = (message: MemberMessage) => process.send?.(message)
const codeOf = (error: unknown) => String((error as { code?: unknown }).code)

const ends: (() => Promise<void>)[] = []

/** Only the driver in use is loaded: a member starts while others wait. */
async function openLog(): Promise<EventLog> {
  const timing = { sessionTimeoutMs: Number(sessionTimeoutMs), heartbeatMs: 100 }
  if (engine.startsWith('kafka:')) {
    const { createKafkaEventLog } = await import('#src/kafka-event-log.ts')
    const connection = { brokers: engine.slice('kafka:'.length).split(','), tls: null, sasl: null }
    return createKafkaEventLog({ connection, clientId: 'member', log: silent, ...timing })
  }
  const { createPostgresEventLog } = await import('#src/postgres-event-log.ts')
  const limits = { statementTimeoutMs: 30_000, lockTimeoutMs: 30_000, queryTimeoutMs: 60_000 }
  const pool = openPool({ url: engine, max: 2, applicationName: 'member', ...limits, log: silent })
  ends.push(() => closePool(pool))
  return createPostgresEventLog({ pool, url: engine, log: silent, ...timing, pollMs: 60_000 })
}

const log = await openLog()
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
for (const end of ends) await end()
