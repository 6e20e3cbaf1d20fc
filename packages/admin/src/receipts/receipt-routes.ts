import { ReceiptBody, ReceiptParams } from '@sluice/contract/admin-api/receipts'
import type { Keyring } from '@sluice/gate/keyring'
import type { WrongKeyThrottle } from '@sluice/gate/wrong-key-throttle'
import type { HttpApp } from '@sluice/runtime/http-app'
import { ProblemError } from '@sluice/runtime/problem-error'
import type { AdminParts } from '../admin-parts.ts'
import { sendJsonText } from '../http/raw-answer.ts'
import { readReceipt } from './read-receipt.ts'

export const TENANT_RECEIPT_ROUTE = '/receipts/:receipt_id'

/** Where an accepted event is, and how it came there: for people of the platform, and for a tenant that asks for its own. */
export function addReceiptRoutes(
  app: HttpApp,
  parts: AdminParts & { keyring: Keyring; throttle: WrongKeyThrottle },
): void {
  app.get(
    '/admin/receipts/:receipt_id',
    { schema: { summary: 'Where an event is', params: ReceiptParams, response: { 200: ReceiptBody } } },
    async ({ params }, reply) => {
      const receipt = await readReceipt(parts, params.receipt_id, null)
      if (receipt === null) throw new ProblemError('NOT_FOUND', 'There is no such receipt.')
      return sendJsonText(reply, receipt)
    },
  )

  app.get(
    TENANT_RECEIPT_ROUTE,
    { schema: { summary: "Where a tenant's own event is", params: ReceiptParams, response: { 200: ReceiptBody } } },
    async ({ params, headers, socket }, reply) => {
      const tenantId = tenantOf(parts, socket.remoteAddress ?? '', headers['x-api-key'])
      const receipt = await readReceipt(parts, params.receipt_id, tenantId)
      // Another tenant's receipt and none at all look alike.
      if (receipt === null) throw new ProblemError('NOT_FOUND', 'No event of yours has this receipt.')
      return sendJsonText(reply, receipt)
    },
  )
}

/**
 * @param apiKey the field as Node hands it over: sent twice it is one text with a space in it, which no key has
 * @throws {ProblemError} 401 for a key that is missing, unknown or sent twice, told alike; 429 for an address that guesses; 503 while
 *   the keys of the database are not known
 */
function tenantOf(
  { keyring, throttle }: { keyring: Keyring; throttle: WrongKeyThrottle },
  address: string,
  apiKey: unknown,
): string {
  if (!throttle.allows(address))
    throw new ProblemError('TOO_MANY_WRONG_KEYS', 'This address sent too many wrong API keys; wait a second.')
  const tenantId = typeof apiKey === 'string' ? keyring.tenantOf(apiKey) : null
  if (tenantId !== null) return tenantId
  if (typeof apiKey === 'string' && !keyring.isComplete())
    throw new ProblemError('STORE_UNAVAILABLE', 'The API keys of the database are not known yet. Send the same again.')
  throttle.recordWrongKey(address)
  throw new ProblemError('UNAUTHENTICATED', 'Send one API key of your tenant as X-API-Key.')
}
