import { HydrationBoundary } from '@tanstack/react-query'
import { prefetch } from '../../../../admin-api/prefetch.ts'
import { question } from '../../../../admin-api/queries.ts'
import { requireSession } from '../../../../admin-api/session.ts'
import { JourneyView } from '../../../../journey/JourneyView.tsx'
import type { PageSearchParams } from '../../../../query-parameters.ts'
import { loadView } from '../../../../search-params.ts'
import { PageHead } from '../../../../shell/PageHead.tsx'
import { urls } from '../../../../urls.ts'

type Props = { params: Promise<{ receiptId: string }>; searchParams: PageSearchParams }

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

export default async function EventPage({ params, searchParams }: Props) {
  const receiptId = decodeURIComponent((await params).receiptId).toLowerCase()
  await requireSession(urls.event(receiptId, loadView(await searchParams)))
  if (!UUID.test(receiptId))
    return (
      <>
        <PageHead title="This is no receipt" />
        <p>
          A receipt looks like 01936f0a-0000-7000-8000-00000000c0de.{' '}
          <a href={urls.search({ q: receiptId.slice(0, 255) })}>Search for it as an event id or a key</a>.
        </p>
      </>
    )
  const state = await prefetch([question('receipt', { receipt_id: receiptId })])
  return (
    <HydrationBoundary state={state}>
      <PageHead title="Event" />
      <JourneyView receiptId={receiptId} />
    </HydrationBoundary>
  )
}
