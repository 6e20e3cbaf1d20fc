import type { QuestionName } from '../admin-api/routes.ts'

export type SearchFields = {
  q: string | null
  tenant: string | null
  eventId: string | null
  idempotencyKey: string | null
  type: string | null
  since: Date | null
  until: Date | null
}

/** What a search asks, told apart by what the address holds. */
export type SearchPlan =
  | { type: 'nothing' }
  | { type: 'receipt'; receiptId: string }
  | { type: 'ids'; tenants: readonly string[]; eventId: string | null; idempotencyKey: string | null }
  | { type: 'browse' }
  | { type: 'tenant_needed'; text: string }

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
/** As the Admin API takes them. */
const MAX_ID_CHARS = 255
/** So many tenants are asked one by one; with more, a person chooses. */
const MAX_TENANTS_ASKED = 8

/**
 * How to find what was typed. Event ids and keys belong to a tenant: without one they are tried with each tenant that is known, as long as those are few.
 * @param knownTenants null while they are not known
 */
export function searchPlan(fields: SearchFields, knownTenants: readonly string[] | null): SearchPlan {
  const { q, tenant, eventId, idempotencyKey, type, since, until } = fields
  const text = q === null ? '' : wantedId(q)
  if (UUID.test(text)) return { type: 'receipt', receiptId: text.toLowerCase() }
  const ids = text !== '' ? { eventId: text, idempotencyKey: text } : { eventId, idempotencyKey }
  if (ids.eventId === null && ids.idempotencyKey === null)
    return type === null && since === null && until === null ? { type: 'nothing' } : { type: 'browse' }
  if (tenant !== null) return { type: 'ids', tenants: [tenant], ...ids }
  if (knownTenants !== null && knownTenants.length > 0 && knownTenants.length <= MAX_TENANTS_ASKED)
    return { type: 'ids', tenants: knownTenants, ...ids }
  return { type: 'tenant_needed', text: text || (ids.eventId ?? ids.idempotencyKey ?? '') }
}

/** What of the pasted text is looked for: the `event_id` of a pasted event, else the text itself without its quotes. */
export function wantedId(pasted: string): string {
  const text = pasted.trim()
  const id = text.startsWith('{') ? eventIdIn(text) : null
  return (id ?? text.replace(/^"(.*)"$/s, '$1')).slice(0, MAX_ID_CHARS)
}

function eventIdIn(json: string): string | null {
  try {
    const value: unknown = JSON.parse(json)
    const id = typeof value === 'object' && value !== null && 'event_id' in value ? value.event_id : null
    return typeof id === 'string' && id !== '' ? id : null
  } catch {
    // Not JSON after all: looked for as it is.
    return null
  }
}

export type SearchQuestion = Extract<QuestionName, 'searchEvent' | 'byIdempotencyKey'>
