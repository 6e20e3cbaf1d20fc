import type { Keyring } from '@sluice/gate/keyring'
import type { WrongKeyThrottle } from '@sluice/gate/wrong-key-throttle'
import type { Health } from '@sluice/runtime/health'
import { createHttpApp, type HttpApp } from '@sluice/runtime/http-app'
import type { Metrics } from '@sluice/runtime/metrics'
import type { Version } from '@sluice/runtime/version'
import type { AdminParts } from './admin-parts.ts'
import { addApiKeyRoutes } from './api-keys/api-key-routes.ts'
import { addAuditRoutes } from './audit/audit-routes.ts'
import { addBalanceRoutes } from './balance/balance-routes.ts'
import { addDeadLetterChangeRoutes } from './dead-letters/dead-letter-change-routes.ts'
import { addDeadLetterRoutes } from './dead-letters/dead-letter-routes.ts'
import { addEventRoutes } from './events/event-routes.ts'
import { addExportRoutes } from './events/export-routes.ts'
import { type Access, refuseForeignOrigin } from './http/access.ts'
import { readBodiesExactly } from './http/exact-json.ts'
import { addLagRoutes } from './lag/lag-routes.ts'
import { addLiveRoutes } from './live/live-routes.ts'
import { addOverviewRoutes } from './overview/overview-routes.ts'
import { addTenantRoutes } from './overview/tenant-routes.ts'
import { addThroughputRoutes } from './overview/throughput-routes.ts'
import { addAboutRoutes } from './platform/about-routes.ts'
import { addTestEventRoutes } from './platform/test-event-routes.ts'
import { addReceiptRoutes, TENANT_RECEIPT_ROUTE } from './receipts/receipt-routes.ts'
import { addRedriveRoutes } from './redrives/redrive-routes.ts'

export type AdminAppParts = AdminParts & {
  keyring: Keyring
  throttle: WrongKeyThrottle
  health: Health
  metrics: Metrics
  version: Version
  access: Access
}

/** A change of dead letters names ids and small edits. */
const MAX_BODY_BYTES = 1_048_576

/** What anybody may ask: whether this process works, and what explains the API. A route that is not named here needs the token. */
const OPEN_ROUTES: ReadonlySet<string> = new Set([
  '/healthz',
  '/readyz',
  '/health',
  '/metrics',
  '/problems/:name',
  '/openapi.json',
  // Asks for a tenant's API key itself.
  TENANT_RECEIPT_ROUTE,
])
const isOpen = (route: string) => OPEN_ROUTES.has(route) || route === '/docs' || route.startsWith('/docs/')

/** The Admin API. Only those whom `access` lets in are answered, but for the open routes. */
export async function createAdminApp(parts: AdminAppParts): Promise<HttpApp> {
  const { access } = parts
  const app = await createHttpApp({
    name: 'admin',
    title: 'Sluice Admin API',
    version: parts.version,
    log: parts.log,
    health: parts.health,
    metrics: parts.metrics,
    docs: true,
    maxBodyBytes: MAX_BODY_BYTES,
    logRequests: true,
    exposeTenants: ({ headers }) => access.isTrusted(headers),
  })
  readBodiesExactly(app)
  // By the route found, never by the address as written: `/%61dmin/overview` and `http://host/admin/overview` lead there too.
  app.addHook('onRequest', async ({ routeOptions, headers, method }) => {
    if (!isOpen(routeOptions.url ?? '')) access.check(headers)
    if (method !== 'GET' && method !== 'HEAD') refuseForeignOrigin(headers)
  })
  addOverviewRoutes(app, parts)
  addThroughputRoutes(app, parts)
  addEventRoutes(app, parts)
  addReceiptRoutes(app, parts)
  addDeadLetterRoutes(app, parts)
  addDeadLetterChangeRoutes(app, parts)
  addRedriveRoutes(app, parts)
  addApiKeyRoutes(app, parts)
  addAuditRoutes(app, parts)
  addLagRoutes(app, parts)
  addLiveRoutes(app, parts)
  addBalanceRoutes(app, parts)
  addAboutRoutes(app, parts)
  addTestEventRoutes(app, parts)
  addExportRoutes(app, parts)
  addTenantRoutes(app, parts)
  return app
}
