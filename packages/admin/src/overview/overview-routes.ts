import { OverviewBody, OverviewQuery, TopEventTypesBody, TopEventTypesQuery } from '@sluice/contract/admin-api/overview'
import { countOpenDeadLetters } from '@sluice/event-store/queries/list-dead-letters'
import { readOverview } from '@sluice/event-store/queries/overview'
import { readTopEventTypes } from '@sluice/event-store/queries/top-event-types'
import type { HttpApp } from '@sluice/runtime/http-app'
import type { AdminParts } from '../admin-parts.ts'
import { orUnknown } from './or-unknown.ts'

const TOP_MINUTES = 1_440
const TOP_TYPES = 10

/** `/admin/overview` and `/admin/top-event-types`: from rollups and the gate's counts, never from a scan of `events`. */
export function addOverviewRoutes(app: HttpApp, parts: AdminParts): void {
  app.get(
    '/admin/overview',
    { schema: { summary: 'How it is now', querystring: OverviewQuery, response: { 200: OverviewBody } } },
    async ({ query }): Promise<OverviewBody> => readWhole(parts, query.tenant ?? null),
  )

  app.get(
    '/admin/top-event-types',
    {
      schema: { summary: 'What is stored most', querystring: TopEventTypesQuery, response: { 200: TopEventTypesBody } },
    },
    async ({ query }): Promise<TopEventTypesBody> => {
      const { sinceMinutes: minutes, limit, tenant } = query
      const { since, types } = await readTopEventTypes(parts.pool, { minutes, limit, tenantId: tenant ?? null })
      return {
        since: since.toISOString(),
        data: types.map(({ eventType, count, share }) => ({ event_type: eventType, count, share })),
      }
    },
  )
}

async function readWhole({ pool, gate, platform }: AdminParts, tenantId: string | null): Promise<OverviewBody> {
  const [report, store, open, top, counts] = await Promise.all([
    platform.report(),
    orUnknown(readOverview(pool, tenantId)),
    orUnknown(countOpenDeadLetters(pool, tenantId)),
    orUnknown(readTopEventTypes(pool, { minutes: TOP_MINUTES, limit: TOP_TYPES, tenantId })),
    orUnknown(gate.counts(tenantId, 5)),
  ])
  const sum = (name: 'accepted' | 'duplicates' | 'limited') =>
    counts === null ? null : counts.minutes.reduce((total, minute) => total + minute[name], 0)
  return {
    status: report.status,
    reasons: report.reasons,
    events_last_1m: store?.storedLast1m ?? null,
    events_last_5m: store?.storedLast5m ?? null,
    accepted_last_5m: sum('accepted'),
    duplicates_last_5m: sum('duplicates'),
    rate_limited_last_5m: sum('limited'),
    counted_since: counts?.since.toISOString() ?? null,
    dead_lettered_last_5m: store?.deadLetteredLast5m ?? null,
    dead_letters_open: open?.count ?? null,
    top_event_types: top?.types.map(({ eventType, count }) => ({ event_type: eventType, count })) ?? null,
    end_to_end_ms: store?.endToEndMs ?? { p50: null, p95: null, p99: null },
    as_of: (store?.asOf ?? report.asOf).toISOString(),
  }
}
