import { HydrationBoundary } from '@tanstack/react-query'
import { prefetch } from '../../../admin-api/prefetch.ts'
import { question } from '../../../admin-api/queries.ts'
import { requireSession } from '../../../admin-api/session.ts'
import type { PageSearchParams } from '../../../query-parameters.ts'
import { browseQuestion } from '../../../search/questions.ts'
import { SearchView } from '../../../search/SearchView.tsx'
import { loadSearch } from '../../../search/search-params.ts'
import { searchPlan } from '../../../search/search-plan.ts'
import { PageHead } from '../../../shell/PageHead.tsx'
import { urls } from '../../../urls.ts'

export default async function SearchPage({ searchParams }: { searchParams: PageSearchParams }) {
  const view = loadSearch(await searchParams)
  const { since, until, ...plain } = view
  await requireSession(urls.search({ ...plain, since: since?.toISOString(), until: until?.toISOString() }))
  const isBrowsing = searchPlan(view, null).type === 'browse'
  const state = await prefetch([question('tenants', {}), ...(isBrowsing ? [browseQuestion(view)] : [])])
  return (
    <HydrationBoundary state={state}>
      <PageHead title="Search" />
      <SearchView />
    </HydrationBoundary>
  )
}
