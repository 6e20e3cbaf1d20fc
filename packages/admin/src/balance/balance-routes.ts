import { BalanceBody, BalanceQuery } from '@sluice/contract/admin-api/balance'
import { BacklogBody } from '@sluice/contract/admin-api/lag'
import { LogUnavailableError } from '@sluice/event-log'
import type { HttpApp } from '@sluice/runtime/http-app'
import type { AdminParts } from '../admin-parts.ts'
import { createBacklog } from '../lag/backlog.ts'
import { readBalanceBody } from './balance.ts'

/** `/admin/backlog`: what waits, by tenant; `/admin/balance`: the sum of everything that was accepted. */
export function addBalanceRoutes(app: HttpApp, parts: AdminParts): void {
  const { pool, eventLog, clock, settings } = parts
  const backlog = createBacklog(parts)
  app.get(
    '/admin/backlog',
    { schema: { summary: 'What waits, by tenant', response: { 200: BacklogBody } } },
    async (): Promise<BacklogBody> => {
      try {
        return await backlog()
      } catch (error) {
        if (!(error instanceof LogUnavailableError)) throw error
        const unknown = { data: null, total_waiting: null, sampled: false, looked_at: 0 }
        return { ...unknown, reason: 'The log does not answer.', as_of: new Date(clock.now()).toISOString() }
      }
    },
  )

  app.get(
    '/admin/balance',
    { schema: { summary: 'Whether anything is missing', querystring: BalanceQuery, response: { 200: BalanceBody } } },
    async ({ query }): Promise<BalanceBody> => {
      const { minutes, tenant } = query
      return readBalanceBody(
        { pool, eventLog, retentionMs: settings.retentionMs },
        { minutes, tenantId: tenant ?? null },
      )
    },
  )
}
