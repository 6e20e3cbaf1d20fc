'use client'

import type { BalanceBody } from '@sluice/contract/admin-api/balance'
import { Unknown } from '../cells/Unknown.tsx'
import { formatCount } from '../format.ts'
import { AppLink } from '../shell/AppLink.tsx'
import { useKeptQuery } from '../shell/kept-query.ts'
import type { AdminQuery } from '../shell/polling.tsx'
import { useStaleSince } from '../shell/QueryPanel.tsx'
import { urls } from '../urls.ts'
import { conservationVerdict } from './conservation-verdict.ts'

/** The promise as a sum: what was accepted in the last hour, and where all of it is. */
export function AccountedLine({ query }: { query: AdminQuery<BalanceBody> }) {
  const kept = useKeptQuery()
  const isStale = useStaleSince(query) !== null
  const { data, isError } = query
  if (data === undefined)
    return (
      <p className="min-h-6 text-13 text-ink-2">
        {isError ? 'Whether all of it is accounted for cannot be known now.' : 'Adding up the last hour …'}
      </p>
    )
  const verdict = conservationVerdict(data)
  return (
    <p className={`min-h-6 text-14 ${isStale ? 'opacity-60 grayscale' : ''}`}>
      Last hour:{' '}
      {data.accepted === null ? <Unknown reason="What waits cannot be counted now." /> : formatCount(data.accepted)}{' '}
      accepted = {formatCount(data.stored)} stored + {formatCount(data.dead_lettered)} dead-lettered
      {data.repeats > 0 && ` + ${formatCount(data.repeats)} repeats`} +{' '}
      {data.waiting === null ? <Unknown reason="What waits cannot be counted now." /> : formatCount(data.waiting)}{' '}
      waiting
      {verdict.gap !== 0 &&
        verdict.gap !== null &&
        ` ${verdict.gap > 0 ? '+' : '−'} ${formatCount(Math.abs(verdict.gap))} not accounted for`}
      .{' '}
      <AppLink
        href={urls.pipeline(kept)}
        className={`underline underline-offset-4 ${verdict.tone === 'bad' ? 'font-semibold text-bad!' : verdict.tone === 'ok' ? 'text-ok!' : 'text-ink-2!'}`}
      >
        {verdict.text}
      </AppLink>
    </p>
  )
}
