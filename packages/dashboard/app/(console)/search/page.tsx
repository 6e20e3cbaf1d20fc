import { HydrationBoundary } from '@tanstack/react-query'
import { prefetch } from '../../../admin-api/prefetch.ts'
import { question } from '../../../admin-api/queries.ts'
import { requireSession } from '../../../admin-api/session.ts'
import { browseQuestion } from '../../../search/questions.ts'
import { SearchView } from '../../../search/SearchView.tsx'
import { searchPlan } from '../../../search/search-plan.ts'
import { loadSearch, type PageSearchParams } from '../../../search-params.ts'
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
