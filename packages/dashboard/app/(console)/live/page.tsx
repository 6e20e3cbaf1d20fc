import { requireSession } from '../../../admin-api/session.ts'
import { LiveView } from '../../../live/LiveView.tsx'
import { loadLive, type PageSearchParams } from '../../../search-params.ts'
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
