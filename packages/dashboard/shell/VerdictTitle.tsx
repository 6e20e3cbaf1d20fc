'use client'

import { usePathname } from 'next/navigation'
import { pageName } from './nav-pages.ts'
import { useAdmin } from './polling.tsx'
import { useStaleSince } from './QueryPanel.tsx'

/** The page and the verdict in the window's title, so that a background tab can be read. */
export function VerdictTitle() {
  const overview = useAdmin('overview', {})
  const isStale = useStaleSince(overview) !== null
  const verdict = overview.data === undefined || isStale ? 'unknown' : overview.data.status
  return <title>{`${pageName(usePathname())} · ${verdict} · Sluice`}</title>
}
