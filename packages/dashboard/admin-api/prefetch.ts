import 'server-only'
import { type DehydratedState, defaultShouldDehydrateQuery, dehydrate, QueryClient } from '@tanstack/react-query'
import { ask } from './client.ts'
import type { Question } from './queries.ts'

/** A page waits so long for its numbers; what comes later streams in behind its skeleton. */
const WAIT_MS = 300

/** Asks what a page will show, together, and hands over what has come. A question that failed is asked again by the browser, which says so. */
export async function prefetch(questions: readonly Question[]): Promise<DehydratedState> {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const all = questions.map(([name, asked]) =>
    client.prefetchQuery({ queryKey: [name, asked], queryFn: () => ask(name, asked as never) }),
  )
  await Promise.race([Promise.all(all), new Promise((resolve) => setTimeout(resolve, WAIT_MS))])
  return dehydrate(client, {
    shouldDehydrateQuery: (query) => defaultShouldDehydrateQuery(query) || query.state.status === 'pending',
  })
}
