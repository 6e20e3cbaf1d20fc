'use client'

import { type CSSProperties, type ReactNode, useId } from 'react'
import { explainError } from '../admin-api/errors.ts'
import { clockTime } from '../times.ts'
import { Button } from '../ui/Button.tsx'
import { CircleAlert, RotateCw } from '../ui/icons.tsx'
import { useNowMs, useZone } from './clock.tsx'
import { type AdminQuery, usePolling } from './polling.tsx'

type QueryPanelProps<T> = {
  title: string
  query: AdminQuery<T>
  /** Height of what will be shown, so that nothing moves when it comes. */
  minHeight: number
  children: (data: T) => ReactNode
  /** Beside the title. */
  actions?: ReactNode
  isTitleHidden?: boolean
  className?: string
}

/** One part of a page: waits, fails and grows old by itself, while the others live on. */
export function QueryPanel<T>(props: QueryPanelProps<T>) {
  const { title, query, minHeight, children, actions, isTitleHidden = false, className = '' } = props
  const titleId = useId()
  const staleSince = useStaleSince(query)
  return (
    <section aria-labelledby={titleId} className={`min-w-0 ${className}`}>
      <div className={isTitleHidden ? 'sr-only' : 'mb-2 flex min-h-7 flex-wrap items-center gap-x-3 gap-y-1'}>
        <h2 id={titleId} className="text-16 font-semibold">
          {title}
        </h2>
        {actions}
      </div>
      {staleSince !== null && <StaleNote sinceMs={staleSince} query={query} />}
      <div
        style={{ '--panel-height': `${minHeight}px` } as CSSProperties}
        className={`panel-body ${staleSince === null ? '' : 'opacity-60 grayscale'}`}
      >
        <PanelBody query={query} title={title} minHeight={minHeight}>
          {children}
        </PanelBody>
      </div>
    </section>
  )
}

function PanelBody<T>({
  query,
  title,
  minHeight,
  children,
}: Pick<QueryPanelProps<T>, 'query' | 'title' | 'minHeight' | 'children'>) {
  if (query.data !== undefined) return children(query.data)
  if (query.isError)
    return <FailedNote error={query.error} onRetry={() => void query.refetch()} isRetrying={query.isFetching} />
  return <Skeleton label={title} height={minHeight} />
}

export function Skeleton({ label, height }: { label: string; height: number }) {
  return <div role="status" aria-label={`${label}: loading`} style={{ height }} className="skeleton w-full" />
}

/** A part that failed: what, what to do, the request id, and a button. */
export function FailedNote({
  error,
  onRetry,
  isRetrying,
}: {
  error: unknown
  onRetry: () => void
  isRetrying: boolean
}) {
  const { what, detail, wayOut, requestId } = explainError(error)
  return (
    <div role="alert" className="flex flex-col items-start gap-2 rounded-md bg-bad-bg px-4 py-3 text-13">
      <p className="flex items-center gap-2 text-14 font-medium text-bad">
        <CircleAlert size={16} aria-hidden className="shrink-0" />
        {what}
      </p>
      {detail !== '' && <p className="text-ink">{detail}</p>}
      <p className="text-ink">{wayOut}</p>
      {requestId !== null && (
        <p className="text-12 text-ink">
          Request <code className="break-all">{requestId}</code>
        </p>
      )}
      <Button icon={<RotateCw size={14} aria-hidden />} onClick={onRetry}>
        {isRetrying ? 'Trying …' : 'Try again'}
      </Button>
    </div>
  )
}

function StaleNote<T>({ sinceMs, query }: { sinceMs: number; query: AdminQuery<T> }) {
  const zone = useZone()
  const why = query.isError ? explainError(query.error).what : 'What it says is old.'
  return (
    <p role="status" className="mb-2 text-13 text-warn">
      Stale since {clockTime(sinceMs, zone)}: {why}
    </p>
  )
}

const asOfMs = (data: unknown): number | null => {
  const asOf = typeof data === 'object' && data !== null && 'as_of' in data ? data.as_of : null
  return typeof asOf === 'string' ? Date.parse(asOf) : null
}

/** Numbers are stale once they are older than two intervals and 5 s; while they are fetched after a pause they are not. */
const MIN_STALE_MS = 5_000

/** Since when what is shown is out of date, in Unix milliseconds; null while it is not. */
export function useStaleSince<T>(query: AdminQuery<T>): number | null {
  const nowMs = useNowMs()
  const { intervalMs, isPaused } = usePolling()
  // Read before any condition: a query tells its owner only of changes to what somebody has read, and a failure must be told.
  const { data, dataUpdatedAt, isError } = query
  if (data === undefined || isPaused) return null
  const limitMs = Math.max(MIN_STALE_MS, 2 * intervalMs)
  // Ages, each by the clock that stamped it: the viewer's may be wrong.
  const answeredAgoMs = Math.max(0, Date.now() - dataUpdatedAt)
  const asOf = asOfMs(data)
  const ageMs = asOf === null ? answeredAgoMs : nowMs - asOf
  // Until a question that is asked less often than the page is asked again, its answer is as old as it must be; one that was old when it came is stale.
  const isStale = isError ? ageMs > limitMs : ageMs - answeredAgoMs > limitMs
  return isStale ? (asOf ?? nowMs - answeredAgoMs) : null
}
