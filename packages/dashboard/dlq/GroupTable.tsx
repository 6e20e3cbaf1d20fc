'use client'

import type { DeadLetterGroup, DeadLetterGroupsBody } from '@sluice/contract/admin-api/dead-letters'
import { TableTime } from '../cells/TableTime.tsx'
import { VisibleText } from '../cells/VisibleText.tsx'
import { countOf, formatCount, formatShare } from '../format.ts'
import { useQueryStates } from '../shell/use-query-states.ts'
import { type Column, DataTable } from '../tables/DataTable.tsx'
import { EmptyMessage } from '../ui/EmptyMessage.tsx'
import { deadLetterParams } from './search-params.ts'

const keyOf = ({ reason, pointer }: Pick<DeadLetterGroup, 'reason' | 'pointer'>) => `${reason} ${pointer ?? ''}`

const COLUMNS: readonly Column<DeadLetterGroup>[] = [
  { id: 'signature', header: 'Reason and pointer', cell: (group) => <GroupButton group={group} /> },
  { id: 'count', header: 'Count', align: 'right', cell: ({ count }) => formatCount(count) },
  { id: 'share', header: 'Share', align: 'right', cell: ({ share }) => formatShare(share) },
  { id: 'first', header: 'First seen', cell: ({ first_seen }) => <TableTime at={first_seen} /> },
  { id: 'last', header: 'Last seen', cell: ({ last_seen }) => <TableTime at={last_seen} /> },
  { id: 'tenants', header: 'Tenants', cell: (group) => <Tenants group={group} /> },
]

/** Failures by what failed and where; one of them is a filter of the list below. */
export function GroupTable({ groups }: { groups: DeadLetterGroupsBody }) {
  const [{ tenant, reason, pointer, state, type, since, until, q, from_job }, setView] =
    useQueryStates(deadLetterParams)
  const { data, group_count } = groups
  if (data.length === 0) {
    const isFiltered = [tenant, reason, pointer, type, since, until, q, from_job].some((value) => value !== null)
    const isAllClear = state === 'open' && !isFiltered
    return (
      <EmptyMessage title={isAllClear ? 'Nothing is waiting for repair.' : 'No group matches the filter.'}>
        {isAllClear && (
          <p>Every open dead letter would stand here with its reason. Closed ones are in the list under “Any state”.</p>
        )}
      </EmptyMessage>
    )
  }
  const openKey = reason === null ? null : `${reason} ${pointer ?? ''}`
  return (
    <>
      <DataTable
        caption="Groups of dead letters"
        columns={COLUMNS}
        rows={data}
        keyOf={keyOf}
        openKey={openKey}
        minWidth={640}
      />
      {group_count > data.length && (
        <p className="mt-1 text-12 text-ink-2">
          The {data.length} largest of {countOf(group_count, 'group')}.
        </p>
      )}
      {reason !== null && (
        <button
          type="button"
          className="mt-1 min-h-6 text-13 text-accent hover:underline"
          onClick={() => void setView({ reason: null, pointer: null, cursor: null })}
        >
          Show all groups in the list
        </button>
      )}
    </>
  )
}

function GroupButton({ group }: { group: DeadLetterGroup }) {
  const [view, setView] = useQueryStates(deadLetterParams, { history: 'push' })
  const { reason, pointer } = group
  const isOpen = view.reason === reason && view.pointer === (pointer ?? '')
  return (
    <button
      type="button"
      aria-pressed={isOpen}
      onClick={() =>
        void setView(
          isOpen ? { reason: null, pointer: null, cursor: null } : { reason, pointer: pointer ?? '', cursor: null },
        )
      }
      className="min-h-6 max-w-md truncate text-left text-accent hover:underline"
    >
      {reason} <code className="text-12">{pointer !== null && <VisibleText text={pointer} />}</code>
    </button>
  )
}

function Tenants({ group: { tenants, tenant_count } }: { group: DeadLetterGroup }) {
  const shown = tenants.slice(0, 3).map(({ tenant_id, count }) => `${tenant_id ?? 'unknown'} ${formatCount(count)}`)
  const rest = tenant_count - Math.min(3, tenants.length)
  return (
    <span className="whitespace-nowrap">
      {shown.join(', ')}
      {rest > 0 && ` and ${rest} more`}
    </span>
  )
}
