import type { Health } from '@sluice/runtime/health'
import { createHttpApp, type HttpApp } from '@sluice/runtime/http-app'
import type { Metrics } from '@sluice/runtime/metrics'
import type { Version } from '@sluice/runtime/version'
import type { Access } from './access.ts'
import type { AdminParts } from './admin-parts.ts'
import { addDeadLetterRoutes } from './dead-letter-routes.ts'
import { addEventRoutes } from './event-routes.ts'
import { addLagRoutes } from './lag-routes.ts'
import { addOverviewRoutes } from './overview-routes.ts'
import { addReceiptRoutes } from './receipt-routes.ts'

export type AdminAppParts = AdminParts & { health: Health; metrics: Metrics; version: Version; access: Access }

/** A change of dead letters names ids and small edits. */
const MAX_BODY_BYTES = 1_048_576

/** The Admin API. Whatever is below `/admin` is answered to those whom `access` lets in, to nobody else. */
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
  // By the address asked for, not by the route found: what is no route is not told from what is one.
  app.addHook('onRequest', async ({ url, headers }) => {
    if (url === '/admin' || url.startsWith('/admin/') || url.startsWith('/admin?')) access.check(headers)
  })
  addOverviewRoutes(app, parts)
  addEventRoutes(app, parts)
  addReceiptRoutes(app, parts)
  addDeadLetterRoutes(app, parts)
  addLagRoutes(app, parts)
  return app
}
