import { AboutBody } from '@sluice/contract/admin-api/health'
import { MAX_REDRIVE_ATTEMPTS } from '@sluice/contract/dead-letter'
import { DEMO_API_KEYS } from '@sluice/contract/demo-keys'
import { readIsEmbedded } from '@sluice/event-store/queries/embedded'
import type { HttpApp } from '@sluice/runtime/http-app'
import type { Version } from '@sluice/runtime/version'
import type { AdminParts } from '../admin-parts.ts'
import { orUnknown } from '../overview/or-unknown.ts'
import { MAX_JOB_RATE_PER_SECOND, MAX_JOB_SIZE } from '../redrives/redrive-limits.ts'

const toSeconds = (ms: number) => Math.max(1, Math.floor(ms / 1_000))

/** `/admin/about`: what runs here and how it is set. */
export function addAboutRoutes(
  app: HttpApp,
  { pool, settings, engine, clock, version }: AdminParts & { version: Version },
): void {
  app.get(
    '/admin/about',
    { schema: { summary: 'Engines, retention, addresses', response: { 200: AboutBody } } },
    async (): Promise<AboutBody> => ({
      version: version.version,
      commit: version.commit,
      engines: { log: engine, gate: settings.gateEngine, store: 'postgres' },
      embedded: await orUnknown(readIsEmbedded(pool)),
      access: settings.asksForToken ? 'token' : 'loopback',
      retention: {
        events_seconds: toSeconds(settings.retentionMs.events),
        dead_letters_seconds: toSeconds(settings.retentionMs.deadLetters),
        log_seconds: toSeconds(settings.retentionMs.log),
        idempotency_window_seconds: toSeconds(settings.windowMs),
      },
      limits: {
        rate_limit_per_min: settings.ratePerMin,
        max_redrive_attempts: MAX_REDRIVE_ATTEMPTS,
        max_job_size: MAX_JOB_SIZE,
        max_job_rate_per_second: MAX_JOB_RATE_PER_SECOND,
      },
      ingest_url: settings.publicIngestUrl,
      test_tenants: settings.ingestUrl === null ? [] : testTenants(settings.apiKeys),
      demo_curl:
        settings.publicIngestUrl === null ? null : demoCurl(settings.publicIngestUrl, settings.apiKeys, clock.now()),
      as_of: new Date(clock.now()).toISOString(),
    }),
  )
}

type Keys = AdminParts['settings']['apiKeys']
const testTenants = (keys: Keys) => [...new Set(keys.map(({ tenantId }) => tenantId))].sort()

const DEMO_PAIRS: ReadonlySet<string> = new Set(DEMO_API_KEYS.split(','))

/** A command to paste. A key is a secret: only those of the demo, which everyone knows, are written out. */
function demoCurl(ingestUrl: string, keys: Keys, nowMs: number): string {
  const demo = keys.find(({ tenantId, key }) => DEMO_PAIRS.has(`${tenantId}:${key}`))
  const key = demo === undefined ? '"X-API-Key: $SLUICE_API_KEY"' : `'X-API-Key: ${demo.key}'`
  const id = `order-${Math.floor(nowMs / 1_000).toString(36)}`
  const event = {
    event_id: id,
    event_type: 'order.created',
    schema_version: 1,
    occurred_at: new Date(nowMs).toISOString(),
    payload: { order: 1001, total: '42.50' },
  }
  const url = new URL('/events', ingestUrl).href
  return `curl -i ${url} -H ${key} -H 'Idempotency-Key: ${id}' -H 'Content-Type: application/json' -d '${JSON.stringify(event)}'`
}
