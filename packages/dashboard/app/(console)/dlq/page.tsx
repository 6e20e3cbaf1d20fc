import { DEAD_LETTER_ACTIONS } from '@sluice/contract/dead-letter'
import { HydrationBoundary } from '@tanstack/react-query'
import { prefetch } from '../../../admin-api/prefetch.ts'
import { requireSession } from '../../../admin-api/session.ts'
import { DeadLettersView } from '../../../dlq/DeadLettersView.tsx'
import { firstQuestions } from '../../../dlq/questions.ts'
import { loadDeadLetters } from '../../../dlq/search-params.ts'
import type { PageSearchParams } from '../../../query-parameters.ts'
import { urls } from '../../../urls.ts'

export default async function DeadLettersPage({ searchParams }: { searchParams: PageSearchParams }) {
  const view = loadDeadLetters(await searchParams)
  const { since, until, bench, ...plain } = view
  await requireSession(
    urls.deadLetters({ ...plain, bench: bench ? 1 : null, since: since?.toISOString(), until: until?.toISOString() }),
  )
  const state = await prefetch(firstQuestions(view))
  return (
    <HydrationBoundary state={state}>
      <DeadLettersView actions={DEAD_LETTER_ACTIONS} />
    </HydrationBoundary>
  )
}
