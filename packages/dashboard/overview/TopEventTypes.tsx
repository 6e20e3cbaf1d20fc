'use client'

import type { TopEventTypesBody } from '@sluice/contract/admin-api/overview'
import { VisibleText } from '../cells/VisibleText.tsx'
import { formatCount, formatShare } from '../format.ts'
import { AppLink } from '../shell/AppLink.tsx'
import { useKeptQuery } from '../shell/kept-query.ts'
import { EmptyMessage } from '../ui/EmptyMessage.tsx'
import { urls } from '../urls.ts'

/** What is stored most, in words and as bars. */
export function TopEventTypes({ data }: Pick<TopEventTypesBody, 'data' | 'since'>) {
  const kept = useKeptQuery()
  const [first] = data
  if (first === undefined) return <EmptyMessage title="Nothing was stored in the last 24 hours." />
  const most = first.count
  return (
    <>
      <p className="mb-2 text-13 text-ink-2">
        Most in the last 24 hours:{' '}
        <strong className="font-medium break-all text-ink">
          <VisibleText text={first.event_type.slice(0, 120)} />
        </strong>
        , {formatCount(first.count)} events.
      </p>
      <ol className="flex flex-col">
        {data.map(({ event_type, count, share }) => (
          <li key={event_type} className="flex min-h-8 items-center gap-3 py-0.5 text-13">
            <span className="relative flex h-7 min-w-0 flex-1 items-center touch:h-11">
              <span
                aria-hidden="true"
                className="absolute inset-y-0 left-0 rounded-sm bg-accent-bg"
                style={{ width: `${(count / most) * 100}%` }}
              />
              <AppLink
                href={urls.search({ ...kept, type: event_type })}
                className="relative min-w-0 flex-1 truncate px-2 text-ink!"
              >
                <VisibleText text={event_type} />
              </AppLink>
            </span>
            <span className="min-w-14 text-right">{formatCount(count)}</span>
            <span className="w-12 text-right text-ink-2">{formatShare(share)}</span>
          </li>
        ))}
      </ol>
    </>
  )
}
