'use client'

import { loadLater } from '../shell/load-later.tsx'
import { useAdmin } from '../shell/polling.tsx'
import { Skeleton } from '../shell/QueryPanel.tsx'
import { useQueryStates } from '../shell/use-query-states.ts'
import { EmptyMessage } from '../ui/EmptyMessage.tsx'
import { LazyFoundByIds } from './LazyFoundByIds.tsx'
import { OpenReceipt } from './OpenReceipt.tsx'
import { NamedForms, SearchBox } from './SearchForms.tsx'
import { searchParams } from './search-params.ts'
import { searchPlan } from './search-plan.ts'
import { TenantChoice } from './TenantChoice.tsx'

const BrowseEvents = loadLater(
  () => import('./BrowseEvents.tsx').then(({ BrowseEvents: Browse }) => Browse),
  <Skeleton label="Stored events" height={340} />,
)

/** Where is my event. */
export function SearchView() {
  const [fields] = useQueryStates(searchParams)
  const tenants = useAdmin('tenants', {}, { poll: false })
  const known = tenants.data?.data.map(({ tenant_id }) => tenant_id) ?? null
  const plan = searchPlan(fields, known)
  return (
    <div className="flex flex-col gap-6">
      <SearchBox />
      <NamedForms />
      <Outcome plan={plan} isTenantsPending={tenants.isPending} known={known ?? []} />
    </div>
  )
}

function Outcome({
  plan,
  isTenantsPending,
  known,
}: {
  plan: ReturnType<typeof searchPlan>
  isTenantsPending: boolean
  known: readonly string[]
}) {
  switch (plan.type) {
    case 'nothing':
      return (
        <EmptyMessage title="Find one event by what you have of it.">
          <p>Its receipt is in the answer to POST /events; event id and idempotency key are the producer's own.</p>
        </EmptyMessage>
      )
    case 'receipt':
      return <OpenReceipt receiptId={plan.receiptId} />
    case 'ids':
      return <LazyFoundByIds key={JSON.stringify(plan)} plan={plan} />
    case 'tenant_needed':
      return isTenantsPending ? (
        <p className="text-13 text-ink-2">Asking which tenants there are …</p>
      ) : (
        <TenantChoice text={plan.text} known={known} />
      )
    case 'browse':
      return <BrowseEvents />
    default:
      return plan satisfies never
  }
}
