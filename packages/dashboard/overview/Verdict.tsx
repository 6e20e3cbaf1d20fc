'use client'

import type { OverviewBody } from '@sluice/contract/admin-api/overview'
import { explainError } from '../admin-api/errors.ts'
import { StateBadge } from '../cells/StateBadge.tsx'
import { AppLink } from '../shell/AppLink.tsx'
import { useZone } from '../shell/clock.tsx'
import { useKeptQuery } from '../shell/kept-query.ts'
import { type AdminQuery, useRefresh } from '../shell/polling.tsx'
import { useStaleSince } from '../shell/QueryPanel.tsx'
import { clockTime } from '../times.ts'
import { Button } from '../ui/Button.tsx'
import { urls } from '../urls.ts'

/** How it is, in a line; never green by default. */
export function Verdict({ query }: { query: AdminQuery<OverviewBody> }) {
  const staleSince = useStaleSince(query)
  const zone = useZone()
  const kept = useKeptQuery()
  const refresh = useRefresh()
  const { data, error, isError } = query
  if (data === undefined || staleSince !== null) {
    const { what, wayOut, requestId } = explainError(error)
    return (
      <div className="flex min-h-7 flex-wrap items-center gap-x-3 gap-y-1" role={isError ? 'alert' : undefined}>
        <StateBadge kind="platform" state="unknown" />
        <p className="text-16 font-medium">
          {staleSince !== null
            ? `Unknown since ${clockTime(staleSince, zone)}`
            : isError
              ? 'How it is cannot be known now.'
              : 'Asking …'}
        </p>
        {isError && (
          <>
            <p className="text-13 text-ink-2">
              {what} {wayOut} {requestId !== null && <>Request {requestId}.</>}
            </p>
            <Button onClick={refresh}>Try again</Button>
          </>
        )}
      </div>
    )
  }
  return (
    <div className="flex min-h-7 flex-wrap items-center gap-x-3 gap-y-1">
      <StateBadge kind="platform" state={data.status} />
      {data.reasons.length === 0 ? (
        <p className="text-16 font-medium">Everything answers, and what comes in is settled.</p>
      ) : (
        <ul className="flex flex-col gap-0.5">
          {data.reasons.map((reason) => (
            <li key={reason} className="text-16 font-medium">
              <AppLink href={urls.pipeline(kept)} className="text-ink! underline decoration-control underline-offset-4">
                {reason}
              </AppLink>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
