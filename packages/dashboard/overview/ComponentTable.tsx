'use client'

import type { HealthBody } from '@sluice/contract/admin-api/health'
import { RelativeTime } from '../cells/RelativeTime.tsx'
import { StateBadge } from '../cells/StateBadge.tsx'
import { Unknown } from '../cells/Unknown.tsx'
import { formatMs } from '../format.ts'
import { type Column, DataTable } from '../tables/DataTable.tsx'

type Row = HealthBody['components'][string] & { name: string }

// Widths of their own: ages change each second, and would move what stands beside them.
const COLUMNS: readonly Column<Row>[] = [
  { id: 'name', header: 'Part', className: 'w-1/5', cell: ({ name }) => name },
  {
    id: 'state',
    header: 'State',
    className: 'w-1/5',
    cell: ({ status }) => <StateBadge kind="component" state={status} />,
  },
  {
    id: 'latency',
    header: 'Answers in',
    align: 'right',
    className: 'w-1/6',
    cell: ({ latency_ms, name }) =>
      latency_ms === null ? (
        <Unknown reason={name === 'processor' ? 'It is not asked: it shows a sign of life.' : 'It did not answer.'} />
      ) : (
        formatMs(latency_ms)
      ),
  },
  {
    id: 'since',
    header: 'Since',
    className: 'w-1/5',
    cell: ({ since }) => (since === null ? <Unknown reason="Not known." /> : <RelativeTime at={since} />),
  },
  {
    id: 'heartbeat',
    header: 'Last heartbeat',
    cell: ({ last_heartbeat_at: at }) =>
      at === undefined ? '' : at === null ? <Unknown reason="There was none yet." /> : <RelativeTime at={at} />,
  },
]

/** Log, gate, store and processes, each as it answered last. */
export function ComponentTable({ components }: Pick<HealthBody, 'components'>) {
  const rows = Object.entries(components).map(([name, component]) => ({ name, ...component }))
  return <DataTable caption="Components" columns={COLUMNS} rows={rows} keyOf={({ name }) => name} minWidth={460} />
}
