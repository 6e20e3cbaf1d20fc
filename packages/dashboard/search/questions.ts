import { question } from '../admin-api/queries.ts'
import type { SearchFields } from './search-plan.ts'

const PAGE_SIZE = 50

/** Stored events by type and time: the same on the server and in the browser. */
export const browseQuestion = ({ tenant, type, since, until, cursor }: SearchFields & { cursor: string | null }) =>
  question('events', {
    tenant: tenant ?? undefined,
    eventType: type ?? undefined,
    since: since?.toISOString(),
    until: until?.toISOString(),
    cursor: cursor ?? undefined,
    limit: PAGE_SIZE,
  })
