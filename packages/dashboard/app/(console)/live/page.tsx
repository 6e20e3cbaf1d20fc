import { requireSession } from '../../../admin-api/session.ts'
import { LiveView } from '../../../live/LiveView.tsx'
import { loadLive } from '../../../live/search-params.ts'
import type { PageSearchParams } from '../../../query-parameters.ts'
import { PageHead } from '../../../shell/PageHead.tsx'
import { urls } from '../../../urls.ts'

export default async function LivePage({ searchParams }: { searchParams: PageSearchParams }) {
  await requireSession(urls.live(loadLive(await searchParams)))
  return (
    <>
      <PageHead title="Live" />
      <LiveView />
    </>
  )
}
