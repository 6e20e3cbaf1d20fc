import { HealthBody } from '@sluice/contract/admin-api/health'
import { LagBody, LagHistoryBody, LagHistoryQuery } from '@sluice/contract/admin-api/lag'
import { PROCESSOR_GROUP } from '@sluice/contract/topics'
import { LogUnavailableError } from '@sluice/event-log'
import { listHeartbeats } from '@sluice/event-store/queries/heartbeats'
import { readLagHistory } from '@sluice/event-store/queries/lag-history'
import type { HttpApp } from '@sluice/runtime/http-app'
import type { AdminParts } from '../admin-parts.ts'
import { type LagReading, partitionBehindSeconds } from './lag-monitor.ts'
import { processorMarks } from './processor-marks.ts'

/** Starts of processors within a day; of more, the latest. */
const MAX_INSTANCES = 200

/** `/admin/kafka/lag`, also as `/admin/lag`, its history, and `/admin/health`: what waits, and whether it will be settled. */
export function addLagRoutes(app: HttpApp, { pool, lag, platform, engine, clock }: AdminParts): void {
  const answerLag = async (): Promise<LagBody> => {
    const { consuming, since } = await platform.consuming()
    const known = { engine, group: PROCESSOR_GROUP, consuming, consuming_since: since }
    try {
      return { ...known, ...lagBody(await lag.read()) }
    } catch (error) {
      if (!(error instanceof LogUnavailableError)) throw error
      return {
        ...known,
        ...UNKNOWN_LAG,
        reason: 'The log does not answer.',
        as_of: new Date(clock.now()).toISOString(),
      }
    }
  }
  const schema = { summary: 'What waits in the log, per partition', response: { 200: LagBody } }
  app.get('/admin/kafka/lag', { schema }, answerLag)
  app.get('/admin/lag', { schema }, answerLag)

  app.get(
    '/admin/lag/history',
    { schema: { summary: 'What waited over time', querystring: LagHistoryQuery, response: { 200: LagHistoryBody } } },
    async ({ query }): Promise<LagHistoryBody> => {
      const [history, heartbeats] = await Promise.all([
        readLagHistory(pool, query.minutes),
        listHeartbeats(pool, MAX_INSTANCES),
      ])
      return {
        step_seconds: history.stepSeconds,
        data: history.points.map((point) => ({
          at: point.at.toISOString(),
          total_lag: point.totalLag,
          behind_seconds: point.behindSeconds,
          appended_per_second: point.appendedPerSecond,
          settled_per_second: point.settledPerSecond,
          consuming: point.consuming,
        })),
        marks: processorMarks(heartbeats, history.since),
        since: history.since.toISOString(),
        as_of: history.asOf.toISOString(),
      }
    },
  )

  app.get(
    '/admin/health',
    { schema: { summary: 'Every component', response: { 200: HealthBody, 503: HealthBody } } },
    async (_request, reply) => {
      const { asOf, ...report } = await platform.report()
      const body: HealthBody = { ...report, as_of: asOf.toISOString() }
      return reply.code(report.status === 'unhealthy' ? 503 : 200).send(body)
    },
  )
}

const UNKNOWN_LAG = {
  total_lag: null,
  behind_seconds: null,
  appended_per_second: null,
  settled_per_second: null,
  drain_seconds: null,
  trend: null,
  partitions: null,
}

const numberOf = (offset: bigint | null) => (offset === null ? null : Number(offset))

function lagBody(reading: LagReading) {
  const { partitions, asOf } = reading
  return {
    total_lag: reading.totalLag,
    behind_seconds: reading.behindSeconds,
    appended_per_second: reading.appendedPerSecond,
    settled_per_second: reading.settledPerSecond,
    drain_seconds: reading.drainSeconds,
    trend: reading.trend,
    partitions: partitions.map((partition) => ({
      partition: partition.partition,
      start: numberOf(partition.start),
      end: numberOf(partition.end),
      committed: numberOf(partition.committed),
      lag: numberOf(partition.lag),
      oldest_waiting_at: partition.oldestWaitingAt?.toISOString() ?? null,
      behind_seconds: partitionBehindSeconds(partition, asOf),
    })),
    as_of: asOf.toISOString(),
  }
}
