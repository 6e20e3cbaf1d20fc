import { HydrationBoundary } from '@tanstack/react-query'
import { prefetch } from '../../../admin-api/prefetch.ts'
import { requireSession } from '../../../admin-api/session.ts'
import { AuditView } from '../../../audit/AuditView.tsx'
import { auditQuestion } from '../../../audit/questions.ts'
import { loadAudit } from '../../../audit/search-params.ts'
import type { PageSearchParams } from '../../../query-parameters.ts'
import { PageHead } from '../../../shell/PageHead.tsx'
import { urls } from '../../../urls.ts'

export default async function AuditPage({ searchParams }: { searchParams: PageSearchParams }) {
  const view = loadAudit(await searchParams)
  await requireSession(urls.audit(view))
  const state = await prefetch([auditQuestion(view)])
  return (
    <HydrationBoundary state={state}>
      <PageHead title="Audit" />
      <AuditView />
    </HydrationBoundary>
  )
}
