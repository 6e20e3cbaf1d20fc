'use client'

import type { RedriveJobBody } from '@sluice/contract/admin-api/redrives'
import { StateBadge } from '../cells/StateBadge.tsx'
import { TableTime } from '../cells/TableTime.tsx'
import { VisibleText } from '../cells/VisibleText.tsx'
import { formatCount, formatRate } from '../format.ts'
import { AppLink } from '../shell/AppLink.tsx'
import { useKeptQuery } from '../shell/kept-query.ts'
import { useAdmin } from '../shell/polling.tsx'
import { QueryPanel } from '../shell/QueryPanel.tsx'
import { type Column, DataTable } from '../tables/DataTable.tsx'
import { EmptyMessage } from '../ui/EmptyMessage.tsx'
import { urls } from '../urls.ts'

const COLUMNS: readonly Column<RedriveJobBody>[] = [
  { id: 'started', header: 'Started', cell: (job) => <JobLink job={job} /> },
  { id: 'state', header: 'State', cell: ({ state }) => <StateBadge kind="job" state={state} /> },
  { id: 'by', header: 'By', cell: ({ by }) => <VisibleText text={by} /> },
  { id: 'matched', header: 'Taken', align: 'right', cell: ({ matched }) => formatCount(matched) },
  { id: 'stored', header: 'Stored', align: 'right', cell: ({ stored }) => formatCount(stored) },
  { id: 'failed', header: 'Failed again', align: 'right', cell: ({ failed_again }) => formatCount(failed_again) },
  { id: 'remaining', header: 'Remaining', align: 'right', cell: ({ remaining }) => formatCount(remaining) },
  { id: 'rate', header: 'Rate', align: 'right', cell: ({ rate }) => formatRate(rate) },
]

function JobLink({ job }: { job: RedriveJobBody }) {
  const kept = useKeptQuery()
  return (
    <AppLink href={urls.redriveJob(job.id, kept)}>
      <TableTime at={job.started_at} />
    </AppLink>
  )
}

/** Redrives of the last days, whoever started them. */
export function RedriveJobs() {
  const query = useAdmin('redriveJobs', { limit: 10 }, { poll: 5_000 })
  return (
    <QueryPanel title="Redrive jobs" query={query} minHeight={80}>
      {({ data }) =>
        data.length === 0 ? (
          <EmptyMessage title="No job has run yet." />
        ) : (
          <DataTable caption="Redrive jobs" columns={COLUMNS} rows={data} keyOf={({ id }) => id} minWidth={640} />
        )
      }
    </QueryPanel>
  )
}
