'use client'

import type { AuditEntry } from '@sluice/contract/admin-api/audit'
import type { AuditAction } from '@sluice/contract/audit-actions'
import { useMemo, useState } from 'react'
import { Identifier } from '../cells/Identifier.tsx'
import { TableTime } from '../cells/TableTime.tsx'
import { VisibleText } from '../cells/VisibleText.tsx'
import { ExportLinks } from '../export/ExportLinks.tsx'
import { formatCount, shortenMiddle } from '../format.ts'
import { TextFilter } from '../forms/TextFilter.tsx'
import { AppLink } from '../shell/AppLink.tsx'
import { useKeptQuery } from '../shell/kept-query.ts'
import { useAdmin } from '../shell/polling.tsx'
import { QueryPanel } from '../shell/QueryPanel.tsx'
import { useQueryStates } from '../shell/use-query-states.ts'
import { type Column, DataTable } from '../tables/DataTable.tsx'
import { Pager } from '../tables/Pager.tsx'
import { Button } from '../ui/Button.tsx'
import { EmptyMessage } from '../ui/EmptyMessage.tsx'
import { urls } from '../urls.ts'
import { AuditDialog } from './AuditDialog.tsx'
import { auditQuestion } from './questions.ts'
import { auditParams } from './search-params.ts'

export const ACTION_NAMES: Record<AuditAction, string> = {
  redrive: 'Redrive',
  redrive_many: 'Redrive many',
  cancel_redrive: 'Cancel a job',
  dismiss: 'Dismiss',
  test_event: 'Test event',
  create_key: 'Make an API key',
  revoke_key: 'Revoke an API key',
}

/** Every change that people asked for. The list stands still: Refresh now brings newer ones. */
export function AuditView() {
  const [view, setView] = useQueryStates(auditParams, { history: 'push' })
  const query = useAdmin(...auditQuestion(view), { poll: false, keepLast: true })
  const [shown, setShown] = useState<AuditEntry | null>(null)
  const columns = useMemo(() => columnsFor(setShown), [])
  const isFiltered = view.action !== null || view.target !== null
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <select
          aria-label="Action"
          className="control"
          value={view.action ?? ''}
          onChange={(event) => void setView({ action: auditParams.action.parse(event.target.value), cursor: null })}
        >
          <option value="">Any action</option>
          {Object.entries(ACTION_NAMES).map(([action, name]) => (
            <option key={action} value={action}>
              {name}
            </option>
          ))}
        </select>
        <TextFilter
          key={`target ${view.target}`}
          label="Target id"
          value={view.target}
          onApply={(target) => void setView({ target, cursor: null })}
        />
        {isFiltered && (
          <Button tone="quiet" onClick={() => void setView({ action: null, target: null, cursor: null })}>
            Clear filter
          </Button>
        )}
        <ExportLinks list="audit" query={{ action: view.action, target: view.target }} />
      </div>
      <QueryPanel title="Changes" isTitleHidden query={query} minHeight={320}>
        {({ data, next_cursor: next }) => (
          <>
            {data.length === 0 ? (
              <EmptyMessage title={isFiltered ? 'No change matches the filter.' : 'Nobody has changed anything yet.'}>
                <p>
                  Redrives, dismissals, test events and API keys are written down here, with who asked and what was
                  before.
                </p>
              </EmptyMessage>
            ) : (
              <DataTable
                caption="Changes, newest first"
                columns={columns}
                rows={data}
                keyOf={({ operation_id }) => operation_id}
                isTall
                minWidth={820}
              />
            )}
            <Pager hasCursor={view.cursor !== null} next={next} onGo={(cursor) => void setView({ cursor })} />
          </>
        )}
      </QueryPanel>
      <AuditDialog entry={shown} onClose={() => setShown(null)} />
    </div>
  )
}

function columnsFor(show: (entry: AuditEntry) => void): readonly Column<AuditEntry>[] {
  return [
    { id: 'at', header: 'When', cell: ({ at }) => <TableTime at={at} /> },
    { id: 'by', header: 'Who', cell: ({ by }) => <Clipped text={by} /> },
    { id: 'action', header: 'What', className: 'whitespace-nowrap', cell: ({ action }) => ACTION_NAMES[action] },
    { id: 'target', header: 'Target', className: 'whitespace-nowrap', cell: (entry) => <Target entry={entry} /> },
    {
      id: 'count',
      header: 'Count',
      align: 'right',
      cell: ({ count }) => (count === null ? null : formatCount(count)),
    },
    { id: 'note', header: 'Note', cell: ({ note }) => (note === null ? null : <Clipped text={note} />) },
    {
      id: 'request',
      header: 'Request',
      cell: ({ request_id }) => <Identifier id={request_id} what="request id" />,
    },
    {
      id: 'change',
      header: 'Before and after',
      isHeaderHidden: true,
      align: 'right',
      cell: (entry) => (
        <Button tone="quiet" aria-label={`Before and after, ${entry.at}`} onClick={() => show(entry)}>
          Before, after
        </Button>
      ),
    },
  ]
}

const Clipped = ({ text }: { text: string }) => (
  <span className="block max-w-56 truncate">
    <VisibleText text={text} />
  </span>
)

/** Their targets have no page of their own. */
const WITHOUT_PAGE: ReadonlySet<AuditAction> = new Set(['test_event', 'create_key', 'revoke_key'])

/** A dead letter, a job, a tenant or an API key. A job is its own target once it is made; asked for it is in what came after. */
function Target({ entry: { action, target, after } }: { entry: AuditEntry }) {
  const kept = useKeptQuery()
  const made = (after as { job_id?: unknown } | null)?.job_id
  const id = target ?? (typeof made === 'string' ? made : null)
  if (id === null) return null
  if (WITHOUT_PAGE.has(action)) return <Clipped text={id} />
  const isJob = action === 'redrive_many' || action === 'cancel_redrive'
  return (
    <AppLink href={isJob ? urls.redriveJob(id, kept) : urls.deadLetter(id, kept)} className="font-mono text-12">
      {shortenMiddle(id)}
      <span className="sr-only">{isJob ? ': the job' : ': the dead letter'}</span>
    </AppLink>
  )
}
