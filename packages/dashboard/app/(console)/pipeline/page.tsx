import { HydrationBoundary } from '@tanstack/react-query'
import { prefetch } from '../../../admin-api/prefetch.ts'
import { requireSession } from '../../../admin-api/session.ts'
import { PipelineView } from '../../../pipeline/PipelineView.tsx'
import { pipelineQuestions } from '../../../pipeline/questions.ts'
import { loadPipeline } from '../../../pipeline/search-params.ts'
import type { PageSearchParams } from '../../../query-parameters.ts'
import { PageHead } from '../../../shell/PageHead.tsx'
import { urls } from '../../../urls.ts'

export default async function PipelinePage({ searchParams }: { searchParams: PageSearchParams }) {
  const { tenant, range, every } = loadPipeline(await searchParams)
  await requireSession(urls.pipeline({ tenant, range, every }))
  const state = await prefetch(Object.values(pipelineQuestions({ tenant, range })))
  return (
    <HydrationBoundary state={state}>
      <PageHead title="Pipeline" />
      <PipelineView />
    </HydrationBoundary>
  )
}
