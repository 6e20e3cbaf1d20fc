'use client'

import { VisibleText } from '../cells/VisibleText.tsx'
import { formatCount, formatSeconds } from '../format.ts'
import { AppLink } from '../shell/AppLink.tsx'
import { useKeptQuery } from '../shell/kept-query.ts'
import { useAdmin } from '../shell/polling.tsx'
import { EmptyMessage } from '../ui/EmptyMessage.tsx'
import { urls } from '../urls.ts'
import type { SearchPlan } from './search-plan.ts'

/** No match is no error: where it was looked for, how long rows are kept, and what else may be true. */
export function NothingFound({
  plan,
  receiptId,
}: {
  plan: Extract<SearchPlan, { type: 'ids' }>
  receiptId: string | null
}) {
  const kept = useKeptQuery()
  const about = useAdmin('about', {}, { poll: false })
  const lag = useAdmin('lag', {})
  const places = [
    receiptId === null ? null : 'receipts',
    plan.eventId === null ? null : 'event ids',
    plan.idempotencyKey === null ? null : 'idempotency keys',
  ].filter((place) => place !== null)
  const retention = about.data?.retention
  const waiting = lag.data?.total_lag ?? null
  return (
    <EmptyMessage title="Nothing found.">
      <p>
        Looked for{' '}
        <code className="text-12 break-all text-ink">
          <VisibleText text={(plan.eventId ?? plan.idempotencyKey ?? '').slice(0, 200)} />
        </code>{' '}
        among {new Intl.ListFormat('en-GB').format(places)} of{' '}
        {plan.tenants.length === 0 ? 'no tenant, since none is known' : plan.tenants.join(', ')}: stored events and dead
        letters.
      </p>
      <ul className="list-disc pl-5">
        <li>
          {waiting === null
            ? 'It may still wait in the log: how many do is not known now.'
            : waiting === 0
              ? 'Nothing waits in the log, so it is not on its way.'
              : `It may still wait in the log: ${formatCount(waiting)} do, the oldest for ${formatSeconds(lag.data?.behind_seconds)}.`}
        </li>
        <li>
          It may have been refused at the edge: then its producer got an answer other than 202, and nothing of it was
          kept.
        </li>
        {retention?.events_seconds != null && (
          <li>Stored events are kept for {formatSeconds(retention.events_seconds)}; it may be older.</li>
        )}
        <li>Ids are matched whole, as they were sent; upper and lower case differ.</li>
      </ul>
      {receiptId !== null && <AppLink href={urls.event(receiptId, kept)}>See what is known of this receipt</AppLink>}
    </EmptyMessage>
  )
}
