'use client'

import { useQueries } from '@tanstack/react-query'
import { useRouter } from 'next/navigation'
import { useEffect } from 'react'
import { askBrowser } from '../admin-api/browser.ts'
import type { AdminApiError } from '../admin-api/errors.ts'
import { question } from '../admin-api/queries.ts'
import type { Answers } from '../admin-api/routes.ts'
import { StateBadge } from '../cells/StateBadge.tsx'
import { TableTime } from '../cells/TableTime.tsx'
import { VisibleText } from '../cells/VisibleText.tsx'
import { AppLink } from '../shell/AppLink.tsx'
import { useKeptQuery } from '../shell/kept-query.ts'
import { FailedNote, Skeleton } from '../shell/QueryPanel.tsx'
import { type Column, DataTable } from '../tables/DataTable.tsx'
import { urls } from '../urls.ts'
import { type Hit, mergeHits } from './merge-hits.ts'
import { NothingFound } from './NothingFound.tsx'
import type { SearchPlan } from './search-plan.ts'

type IdsPlan = Extract<SearchPlan, { type: 'ids' }>

/** All places where an event with these ids can be, asked together. One hit opens its journey; several are listed. */
export function FoundByIds({ plan, receiptId }: { plan: IdsPlan; receiptId?: string }) {
  const router = useRouter()
  const kept = useKeptQuery()
  const asked = plan.tenants.flatMap((tenant) => [
    ...(plan.eventId === null ? [] : [question('searchEvent', { tenant, eventId: plan.eventId })]),
    ...(plan.idempotencyKey === null
      ? []
      : [question('byIdempotencyKey', { tenant, idempotencyKey: plan.idempotencyKey })]),
  ])
  const queries = useQueries({
    queries: asked.map(([name, of]) => ({
      queryKey: [name, of],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        askBrowser(name, of as never, signal) as Promise<Answers['searchEvent'] | Answers['byIdempotencyKey']>,
    })),
  })
  const answers = queries.flatMap(({ data }) => (data === undefined ? [] : [data]))
  const failed = queries.find(({ isError }) => isError)
  const isPending = queries.some((query) => query.isPending)
  const hits = mergeHits(answers)
  const only = !isPending && failed === undefined && hits.length === 1 ? hits[0] : undefined
  const target = only === undefined ? null : addressOf(only, kept)
  useEffect(() => {
    if (target !== null) router.replace(target)
  }, [router, target])

  if (isPending || only !== undefined) return <Skeleton label="Search" height={120} />
  const inFlight = answers.find((answer) => 'key' in answer && answer.key.state === 'in_flight')
  return (
    <div className="flex flex-col gap-3">
      {failed !== undefined && (
        <FailedNote
          error={failed.error as AdminApiError}
          onRetry={() => queries.forEach((query) => void query.refetch())}
          isRetrying={queries.some(({ isFetching }) => isFetching)}
        />
      )}
      {inFlight !== undefined && (
        <p className="text-14">A request with this key is under way right now: look again in a moment.</p>
      )}
      {hits.length > 0 ? (
        <DataTable
          caption="What was found, newest first"
          columns={COLUMNS}
          rows={hits}
          keyOf={({ key }) => key}
          minWidth={640}
        />
      ) : (
        failed === undefined && <NothingFound plan={plan} receiptId={receiptId ?? null} />
      )}
    </div>
  )
}

const addressOf = ({ receiptId, deadLetterId }: Hit, kept: Record<string, string>): string =>
  receiptId !== null ? urls.event(receiptId, kept) : urls.deadLetter(deadLetterId ?? '', kept)

function HitLink({ hit }: { hit: Hit }) {
  const kept = useKeptQuery()
  return (
    <AppLink href={addressOf(hit, kept)}>
      <TableTime at={hit.at} />
    </AppLink>
  )
}

const orUnreadable = (text: string | null) =>
  text === null ? <span className="text-ink-2">not readable</span> : <VisibleText text={text.slice(0, 120)} />

const COLUMNS: readonly Column<Hit>[] = [
  { id: 'at', header: 'At', cell: (hit) => <HitLink hit={hit} /> },
  { id: 'state', header: 'State', cell: ({ state }) => <StateBadge kind="receipt" state={state} /> },
  { id: 'tenant', header: 'Tenant', cell: ({ tenantId }) => orUnreadable(tenantId) },
  { id: 'type', header: 'Event type', cell: ({ eventType }) => orUnreadable(eventType) },
  { id: 'event', header: 'Event id', cell: ({ eventId }) => orUnreadable(eventId) },
]
