import { HydrationBoundary } from '@tanstack/react-query'
import { prefetch } from '../../admin-api/prefetch.ts'
import { requireSession } from '../../admin-api/session.ts'
import { OverviewView } from '../../overview/OverviewView.tsx'
import { overviewQuestions } from '../../overview/questions.ts'
import type { PageSearchParams } from '../../query-parameters.ts'
import { loadOverview } from '../../search-params.ts'
import { PageHead } from '../../shell/PageHead.tsx'
import { urls } from '../../urls.ts'

export default async function OverviewPage({ searchParams }: { searchParams: PageSearchParams }) {
  const { tenant, range, every } = loadOverview(await searchParams)
  await requireSession(urls.overview({ tenant, range, every }))
  const state = await prefetch(Object.values(overviewQuestions({ tenant, range })))
  return (
    <HydrationBoundary state={state}>
      <PageHead title="Overview" />
      <OverviewView />
    </HydrationBoundary>
  )
}
