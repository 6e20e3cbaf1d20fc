import { TestEventBody, TestEventRequest } from '@sluice/contract/admin-api/health'
import { beginOperation, describeOperation } from '@sluice/event-store/operations'
import { asStoreErrors } from '@sluice/event-store/store-errors'
import type { HttpApp } from '@sluice/runtime/http-app'
import { ProblemError } from '@sluice/runtime/problem-error'
import type { AdminParts } from '../admin-parts.ts'
import { operationOf, refuseReusedId } from '../audit/operation.ts'
import { sendTestEvent, testEventOf } from './send-test-event.ts'

/** `POST /admin/test-event`: one event that goes the way of all events. */
export function addTestEventRoutes(app: HttpApp, { pool, settings }: AdminParts): void {
  app.post(
    '/admin/test-event',
    { schema: { summary: 'Send a test event', body: TestEventRequest, response: { 202: TestEventBody } } },
    async (request, reply) => {
      const { tenant_id: tenantId, operation_id: operationId } = request.body
      const { ingestUrl, apiKey } = producerOf(tenantId)
      const operation = operationOf('test_event', tenantId, request)
      // 1. Write it down. Dies here: nothing was sent, and the same operation sends it.
      const { at } = await refuseReusedId(
        asStoreErrors('writing an operation down', () => beginOperation(pool, operation)),
      )
      // 2. Send. Dies here: ingest has it, and the same operation is told as a duplicate with the same receipt.
      const event = testEventOf(operationId, at)
      const { receiptId, duplicate } = await sendTestEvent(ingestUrl, apiKey, request.id, event)
      // 3. Say what came of it. Dies here: the audit says who asked, not the receipt.
      const after = JSON.stringify({ receipt_id: receiptId, event_id: event.eventId })
      await asStoreErrors('describing an operation', () =>
        describeOperation(pool, operationId, { count: 1, before: null, after }),
      )
      return reply.code(202).send({
        operation_id: operationId,
        tenant_id: tenantId,
        receipt_id: receiptId,
        event_id: event.eventId,
        idempotency_key: event.idempotencyKey,
        duplicate,
      })
    },
  )

  function producerOf(tenantId: string): { ingestUrl: string; apiKey: string } {
    const { ingestUrl, apiKeys } = settings
    const apiKey = apiKeys.find((entry) => entry.tenantId === tenantId)?.key
    if (ingestUrl === null)
      throw new ProblemError('NO_KEY_FOR_TENANT', 'Admin does not know where ingest is: set INGEST_URL for it.')
    if (apiKey === undefined)
      throw new ProblemError(
        'NO_KEY_FOR_TENANT',
        apiKeys.length === 0
          ? 'Admin holds no API key at all: give it API_KEYS as ingest has them.'
          : 'Admin holds no plain API key of this tenant: add one to API_KEYS, or send the event with its own key.',
      )
    return { ingestUrl, apiKey }
  }
}
