'use client'

import { Identifier } from '../cells/Identifier.tsx'
import { TableTime } from '../cells/TableTime.tsx'
import { VisibleText } from '../cells/VisibleText.tsx'
import { shortenMiddle } from '../format.ts'
import { AppLink } from '../shell/AppLink.tsx'
import { useKeptQuery } from '../shell/kept-query.ts'
import { urls } from '../urls.ts'
import { type Column, DataTable } from './DataTable.tsx'

export type EventRow = {
  receipt_id: string
  tenant_id: string
  event_id: string
  event_type: string
  processed_at: string
  received_at: string
}

const COLUMNS: readonly Column<EventRow>[] = [
  { id: 'stored', header: 'Stored', cell: ({ processed_at }) => <TableTime at={processed_at} /> },
  {
    id: 'type',
    header: 'Event type',
    cell: ({ event_type }) => (
      <span className="block max-w-60 truncate">
        <VisibleText text={event_type} />
      </span>
    ),
  },
  { id: 'tenant', header: 'Tenant', cell: ({ tenant_id }) => tenant_id },
  { id: 'event', header: 'Event id', cell: ({ event_id }) => <Identifier id={event_id} what="event id" keep={28} /> },
  { id: 'receipt', header: 'Receipt', cell: ({ receipt_id }) => <ReceiptLink receiptId={receipt_id} /> },
]

function ReceiptLink({ receiptId }: { receiptId: string }) {
  const kept = useKeptQuery()
  return (
    <AppLink href={urls.event(receiptId, kept)} className="font-mono text-12">
      {shortenMiddle(receiptId)}
      <span className="sr-only">: its journey</span>
    </AppLink>
  )
}

/** Stored events, newest first; each leads to its journey. */
export function EventTable({
  caption,
  events,
  isTall = false,
}: {
  caption: string
  events: readonly EventRow[]
  isTall?: boolean
}) {
  return (
    <DataTable
      caption={caption}
      columns={COLUMNS}
      rows={events}
      keyOf={({ receipt_id }) => receipt_id}
      isTall={isTall}
      minWidth={680}
    />
  )
}
