import { ReceiptBody, ReceiptParams } from '@sluice/contract/admin-api/receipts'
import type { HttpApp } from '@sluice/runtime/http-app'
import { ProblemError } from '@sluice/runtime/problem-error'
import type { AdminParts } from './admin-parts.ts'
import { sendJsonText } from './raw-answer.ts'
import { readReceipt } from './read-receipt.ts'

/** `/admin/receipts/{receipt_id}`: where an accepted event is, and how it came there. */
export function addReceiptRoutes(app: HttpApp, parts: AdminParts): void {
  app.get(
    '/admin/receipts/:receipt_id',
    { schema: { summary: 'Where an event is', params: ReceiptParams, response: { 200: ReceiptBody } } },
    async ({ params }, reply) => {
      const receipt = await readReceipt(parts, params.receipt_id, null)
      if (receipt === null) throw new ProblemError('NOT_FOUND', 'There is no such receipt.')
      return sendJsonText(reply, receipt)
    },
  )
}
