'use client'

import type { LagBody } from '@sluice/contract/admin-api/lag'
import { NumberCell } from '../cells/NumberCell.tsx'
import { RelativeTime } from '../cells/RelativeTime.tsx'
import { Unknown } from '../cells/Unknown.tsx'
import { formatCount, formatSeconds } from '../format.ts'
import { useQueryStates } from '../shell/use-query-states.ts'
import { type Column, DataTable } from '../tables/DataTable.tsx'
import { Button } from '../ui/Button.tsx'
import { EmptyMessage } from '../ui/EmptyMessage.tsx'
import { pipelineParams } from './search-params.ts'

type Row = NonNullable<LagBody['partitions']>[number] & { most: number }

/** A bar is full at this lag at least: two that wait are no alarm. */
const FULL_BAR = 100
const WHY = 'The log does not tell it now.'

const COLUMNS: readonly Column<Row>[] = [
  { id: 'partition', header: 'Partition', cell: ({ partition }) => partition },
  {
    id: 'committed',
    header: 'Committed',
    align: 'right',
    cell: ({ committed, lag }) =>
      committed !== null ? (
        formatCount(committed)
      ) : lag === null ? (
        <Unknown reason={WHY} />
      ) : (
        <span className="text-ink-2">none: counted from the start</span>
      ),
  },
  { id: 'end', header: 'End', align: 'right', cell: ({ end }) => <NumberCell value={end} why={WHY} /> },
  {
    id: 'lag',
    header: 'Lag',
    align: 'right',
    cell: ({ lag, most }) => (
      <span className="flex items-center justify-end gap-2">
        <span aria-hidden="true" className="hidden h-2 w-16 rounded-sm bg-sunken sm:block">
          <span
            className="block h-2 rounded-sm bg-warn"
            style={{ width: `${lag === null || most === 0 ? 0 : (lag / most) * 100}%` }}
          />
        </span>
        <span className="min-w-12">
          <NumberCell value={lag} why={WHY} />
        </span>
      </span>
    ),
  },
  {
    id: 'behind',
    header: 'Behind',
    align: 'right',
    cell: ({ behind_seconds }) => <NumberCell value={behind_seconds} why={WHY} format={formatSeconds} />,
  },
  {
    id: 'oldest',
    header: 'Oldest waiting',
    cell: ({ oldest_waiting_at, lag }) =>
      oldest_waiting_at !== null ? (
        <RelativeTime at={oldest_waiting_at} isFocusable={false} />
      ) : lag === 0 ? (
        'nothing waits'
      ) : (
        <Unknown reason={WHY} />
      ),
  },
]

/** Where in the log it stands still: a total alone would not tell. */
export function PartitionTable({ lag }: { lag: LagBody }) {
  const [{ lagging }, setView] = useQueryStates(pipelineParams)
  const { partitions } = lag
  if (partitions === null)
    return <EmptyMessage title="Lag is unknown.">{lag.reason ?? 'The log does not answer.'}</EmptyMessage>
  const most = Math.max(FULL_BAR, ...partitions.map((partition) => partition.lag ?? 0))
  const rows = partitions
    .filter((partition) => !lagging || partition.lag !== 0)
    .map((partition) => ({ ...partition, most }))
  return (
    <div className="flex flex-col gap-2">
      <label className="flex items-center gap-2 text-13">
        <input
          type="checkbox"
          className="size-4"
          checked={lagging}
          onChange={(event) => void setView({ lagging: event.target.checked || null })}
        />
        Only with lag
      </label>
      {rows.length === 0 ? (
        <EmptyMessage title="No partition has lag.">
          <Button onClick={() => void setView({ lagging: null })}>Show all partitions</Button>
        </EmptyMessage>
      ) : (
        <DataTable
          caption="Lag by partition"
          columns={COLUMNS}
          rows={rows}
          keyOf={({ partition }) => String(partition)}
          minWidth={560}
          foot={
            <tr className="border-t border-line">
              <th scope="row" colSpan={3} className="h-8 text-left font-medium">
                Sum of all partitions
              </th>
              <td className="px-2 text-right">
                <NumberCell value={lag.total_lag} why={WHY} />
              </td>
              <td className="px-2 text-right">
                <NumberCell value={lag.behind_seconds} why={WHY} format={formatSeconds} />
              </td>
              <td />
            </tr>
          }
        />
      )}
    </div>
  )
}
