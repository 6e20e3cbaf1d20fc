import 'server-only'
import { type DehydratedState, dehydrate, QueryClient } from '@tanstack/react-query'
import { ask } from './client.ts'
import type { Question } from './queries.ts'

/** A page waits so long for its numbers. What is later stands as a skeleton, and the browser asks for it at once. */
const WAIT_MS = 300

/**
 * Asks what a page will show, together, and hands over what has come. A question that failed or was late is asked again by the browser, which says so.
 * Promises are not handed over: one that is kept between the server's picture and the browser's first would make the two differ.
 */
export async function prefetch(questions: readonly Question[]): Promise<DehydratedState> {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  const all = questions.map(([name, asked]) =>
    client.prefetchQuery({ queryKey: [name, asked], queryFn: ({ signal }) => ask(name, asked as never, signal) }),
  )
  const late = Promise.withResolvers<void>()
  const timer = setTimeout(late.resolve, WAIT_MS)
  await Promise.race([Promise.all(all), late.promise])
  clearTimeout(timer)
  const state = dehydrate(client)
  void client.cancelQueries()
  return state
}
