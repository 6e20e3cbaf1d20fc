type Query = Readonly<Record<string, string | number | null | undefined>>

function withQuery(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    if (value !== null && value !== undefined && value !== '') parameters.set(name, String(value))
  return parameters.size === 0 ? path : `${path}?${parameters}`
}

/** What every page keeps when another is opened. */
export const KEPT = ['tenant', 'range', 'every'] as const

/** Every address in this dashboard. */
export const urls = {
  overview: (query?: Query) => withQuery('/', query),
  pipeline: (query?: Query) => withQuery('/pipeline', query),
  deadLetters: (query?: Query) => withQuery('/dlq', query),
  deadLetter: (id: string, query?: Query) => withQuery('/dlq', { ...query, state: 'any', id }),
  redriveJob: (job: string, query?: Query) => withQuery('/dlq', { ...query, bench: 1, job }),
  search: (query?: Query) => withQuery('/search', query),
  live: (query?: Query) => withQuery('/live', query),
  audit: (query?: Query) => withQuery('/audit', query),
  export: (list: 'events' | 'dead-letters' | 'audit', format: 'csv' | 'ndjson', query?: Query) =>
    withQuery(`/api/export/${list}`, { ...query, format }),
  event: (receiptId: string, query?: Query) => withQuery(`/events/${encodeURIComponent(receiptId)}`, query),
  signIn: (next: string) => withQuery('/sign-in', { next: next === '/' ? null : next }),
}

/** Where to go after signing in: a path of ours, never another site. */
export const safeNext = (next: string | undefined): string =>
  next !== undefined && /^\/(?![/\\])[^\p{Cc}\\]*$/u.test(next) ? next : '/'
