'use client'

import { viewParams } from '../search-params.ts'
import { useQueryStates } from '../shell/use-query-states.ts'
import { type EventRow, EventTable } from '../tables/EventTable.tsx'
import { Button } from '../ui/Button.tsx'
import { EmptyMessage } from '../ui/EmptyMessage.tsx'

export function LatestEvents({ events, tenant }: { events: readonly EventRow[]; tenant: string | null }) {
  const [, setView] = useQueryStates(viewParams)
  if (events.length > 0) return <EventTable caption="Latest events" events={events} />
  if (tenant === null) return <EmptyMessage title="No event is stored yet." />
  return (
    <EmptyMessage title={`No event of ${tenant} is stored.`}>
      <Button onClick={() => void setView({ tenant: null })}>Show all tenants</Button>
    </EmptyMessage>
  )
}
