'use client'

import type { BacklogBody } from '@sluice/contract/admin-api/lag'
import { NumberCell } from '../cells/NumberCell.tsx'
import { RelativeTime } from '../cells/RelativeTime.tsx'
import { Unknown } from '../cells/Unknown.tsx'
import { countOf, formatCount, formatSeconds, formatShare } from '../format.ts'
import { type Column, DataTable } from '../tables/DataTable.tsx'
import { EmptyMessage } from '../ui/EmptyMessage.tsx'

type Row = NonNullable<BacklogBody['data']>[number]

const COLUMNS: readonly Column<Row>[] = [
  {
    id: 'tenant',
    header: 'Tenant',
    cell: ({ tenant_id }) => tenant_id ?? <span className="text-ink-2">cannot be read</span>,
  },
  { id: 'waiting', header: 'Waiting', align: 'right', cell: ({ waiting }) => formatCount(waiting) },
  { id: 'share', header: 'Share', align: 'right', cell: ({ share }) => formatShare(share) },
  {
    id: 'oldest',
    header: 'Oldest',
    cell: ({ oldest_waiting_at: at }) =>
      at === null ? <Unknown reason="Its time cannot be read." /> : <RelativeTime at={at} isFocusable={false} />,
  },
  {
    id: 'behind',
    header: 'Behind',
    align: 'right',
    cell: ({ behind_seconds }) => (
      <NumberCell value={behind_seconds} why="Its time cannot be read." format={formatSeconds} />
    ),
  },
  {
    id: 'empty',
    header: 'Empty in about',
    align: 'right',
    cell: ({ empty_in_seconds }) => (
      <NumberCell value={empty_in_seconds} why="Its partitions do not move." format={formatSeconds} />
    ),
  },
]

/** Who waits, and for how long. */
export function BacklogTable({ backlog }: { backlog: BacklogBody }) {
  const { data, sampled, looked_at, reason } = backlog
  if (data === null)
    return <EmptyMessage title="Who waits is unknown.">{reason ?? 'The log does not answer.'}</EmptyMessage>
  if (data.length === 0) return <EmptyMessage title="Nobody waits." />
  return (
    <>
      <DataTable
        caption="Waiting by tenant"
        columns={COLUMNS}
        rows={data}
        keyOf={({ tenant_id }) => tenant_id ?? ' '}
        minWidth={520}
      />
      {sampled && (
        <p className="mt-2 text-12 text-ink-2">
          Sampled: estimated from {countOf(looked_at, 'record')}, since too many wait to look at all.
        </p>
      )}
    </>
  )
}
