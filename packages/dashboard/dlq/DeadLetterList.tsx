'use client'

import type { DeadLetterBody } from '@sluice/contract/admin-api/dead-letters'
import { useEffect, useMemo, useState } from 'react'
import { StateBadge } from '../cells/StateBadge.tsx'
import { TableTime } from '../cells/TableTime.tsx'
import { VisibleText } from '../cells/VisibleText.tsx'
import { formatCount } from '../format.ts'
import { useAnnounce } from '../shell/Announcer.tsx'
import { useAdmin } from '../shell/polling.tsx'
import { QueryPanel } from '../shell/QueryPanel.tsx'
import { useQueryStates } from '../shell/use-query-states.ts'
import { type Column, DataTable } from '../tables/DataTable.tsx'
import { Pager } from '../tables/Pager.tsx'
import { Button } from '../ui/Button.tsx'
import { EmptyMessage } from '../ui/EmptyMessage.tsx'
import { frozenRows } from './frozen-rows.ts'
import { deadLetterQuestions } from './questions.ts'
import { RowActions } from './RowActions.tsx'
import { deadLetterParams } from './search-params.ts'

type DeadLetterListProps = { selected: ReadonlySet<string>; onSelect: (ids: ReadonlySet<string>) => void }
const NO_ROWS: DeadLetterBody[] = []

/** Dead letters, newest first. New ones are announced, never pushed under the pointer. */
export function DeadLetterList({ selected, onSelect }: DeadLetterListProps) {
  const [view, setView] = useQueryStates(deadLetterParams, { history: 'push' })
  const latest = useAdmin(...deadLetterQuestions(view).list)
  const [frozen, setFrozen] = useState<DeadLetterBody[] | null>(latest.data?.data ?? null)
  useEffect(() => {
    if (frozen === null && latest.data !== undefined) setFrozen(latest.data.data)
  }, [frozen, latest.data])
  const shown = frozenRows(frozen ?? latest.data?.data ?? NO_ROWS, latest.data?.data ?? NO_ROWS)
  const newCount = view.cursor === null ? shown.newCount : 0
  const announce = useAnnounce()
  useEffect(() => {
    if (newCount > 0) announce(`${newCount} new`)
  }, [announce, newCount])
  const columns = useMemo(
    () => columnsFor({ selected, onSelect, open: (id) => void setView({ id }) }),
    [selected, onSelect, setView],
  )
  return (
    <QueryPanel title="Dead letters" isTitleHidden query={latest} minHeight={320}>
      {(page) => (
        <>
          <div className="flex min-h-7 items-center gap-3 text-12 text-ink-2">
            {view.cursor === null ? 'Newest first' : 'Older ones'}
            {newCount > 0 && (
              <Button tone="quiet" className="text-accent!" onClick={() => setFrozen(page.data)}>
                {formatCount(newCount)} new, show
              </Button>
            )}
          </div>
          {shown.rows.length === 0 ? (
            <NothingMatches />
          ) : (
            <DataTable
              caption="Dead letters"
              columns={columns}
              rows={shown.rows}
              keyOf={({ id }) => id}
              openKey={view.id}
              isTall
              minWidth={860}
            />
          )}
          <Pager
            hasCursor={view.cursor !== null}
            next={page.next_cursor}
            onGo={(cursor) => void setView({ cursor, id: null })}
          />
        </>
      )}
    </QueryPanel>
  )
}

type RowTools = {
  selected: ReadonlySet<string>
  onSelect: (ids: ReadonlySet<string>) => void
  open: (id: string) => void
}

function columnsFor({ selected, onSelect, open }: RowTools): readonly Column<DeadLetterBody>[] {
  const toggle = (id: string) => {
    const next = new Set(selected)
    if (!next.delete(id)) next.add(id)
    onSelect(next)
  }
  return [
    {
      id: 'select',
      header: 'Select',
      isHeaderHidden: true,
      className: 'w-8',
      cell: ({ id, failed_at }) => (
        <span className="flex size-6 items-center">
          <input
            type="checkbox"
            className="size-4"
            aria-label={`Select the one that failed at ${failed_at}`}
            checked={selected.has(id)}
            onChange={() => toggle(id)}
          />
        </span>
      ),
    },
    {
      id: 'failed',
      header: 'Failed at',
      cell: ({ id, failed_at }) => (
        <button type="button" className="min-h-6 text-accent hover:underline" onClick={() => open(id)}>
          <TableTime at={failed_at} />
        </button>
      ),
    },
    { id: 'tenant', header: 'Tenant', cell: ({ tenant_id }) => tenant_id ?? <NotReadable /> },
    {
      id: 'type',
      header: 'Event type',
      cell: ({ event_type }) => (event_type === null ? <NotReadable /> : <Clipped text={event_type} />),
    },
    {
      id: 'reason',
      header: 'Reason and pointer',
      cell: ({ reason, pointer }) => (
        <span className="block max-w-72 truncate">
          {reason} <code className="text-12 text-ink-2">{pointer !== null && <VisibleText text={pointer} />}</code>
        </span>
      ),
    },
    {
      id: 'event',
      header: 'Event id',
      cell: ({ event_id }) => (event_id === null ? <NotReadable /> : <Clipped text={event_id} />),
    },
    { id: 'attempt', header: 'Attempts', align: 'right', cell: ({ attempt }) => formatCount(attempt) },
    { id: 'state', header: 'State', cell: (letter) => <LiveState letter={letter} /> },
    {
      id: 'actions',
      header: 'Actions',
      isHeaderHidden: true,
      align: 'right',
      className: 'w-10',
      cell: (letter) => <RowActions letter={letter} onOpen={() => open(letter.id)} />,
    },
  ]
}

const NotReadable = () => <span className="text-ink-2">not readable</span>
const Clipped = ({ text }: { text: string }) => (
  <span className="block max-w-48 truncate">
    <VisibleText text={text} />
  </span>
)

/** A row that was acted on does not match the filter any more; what becomes of it is asked by itself. */
function LiveState({ letter }: { letter: DeadLetterBody }) {
  const own = useAdmin('deadLetter', { id: letter.id }, { enabled: false })
  const isUnderWay = own.data?.state === 'redriving'
  const watched = useAdmin('deadLetter', { id: letter.id }, { enabled: isUnderWay })
  const known = watched.data ?? own.data
  return (
    <StateBadge kind="deadLetter" state={known === undefined || letter.state !== 'open' ? letter.state : known.state} />
  )
}

function NothingMatches() {
  const [view, setView] = useQueryStates(deadLetterParams, { history: 'push' })
  const isPlain = [
    view.reason,
    view.pointer,
    view.tenant,
    view.type,
    view.since,
    view.until,
    view.q,
    view.from_job,
    view.cursor,
  ].every((value) => value === null)
  if (isPlain && view.state === 'open')
    return (
      <EmptyMessage title="No dead letter is open.">
        <p>What the processor cannot store is set aside here, with the reason and its bytes.</p>
        <Button onClick={() => void setView({ state: 'any' })}>Show closed ones, too</Button>
      </EmptyMessage>
    )
  return (
    <EmptyMessage title="No dead letter matches the filter.">
      <Button
        onClick={() =>
          void setView({
            state: 'any',
            reason: null,
            pointer: null,
            tenant: null,
            type: null,
            since: null,
            until: null,
            q: null,
            from_job: null,
            cursor: null,
          })
        }
      >
        Clear the filter
      </Button>
    </EmptyMessage>
  )
}
