'use client'

import { usePathname } from 'next/navigation'
import { Unknown } from '../cells/Unknown.tsx'
import { formatCount } from '../format.ts'
import { AppLink } from './AppLink.tsx'
import { useKeptQuery } from './kept-query.ts'
import { NAV_PAGES } from './nav-pages.ts'
import { useAdmin } from './polling.tsx'

/** The pages, the open one marked; dead letters with how many are open. */
export function NavList({ onGo }: { onGo?: () => void }) {
  const path = usePathname()
  const kept = useKeptQuery()
  return (
    <nav aria-label="Pages">
      <ul className="flex flex-col gap-0.5">
        {NAV_PAGES.map((page) => {
          const isCurrent = page.path === path
          return (
            <li key={page.path}>
              <AppLink
                href={page.href(kept)}
                aria-current={isCurrent ? 'page' : undefined}
                onClick={onGo}
                className={`flex h-8 items-center gap-2.5 rounded-sm px-2 text-13 no-underline! touch:h-11 ${
                  isCurrent ? 'bg-accent-bg font-medium text-accent' : 'text-ink-2 hover:bg-sunken hover:text-ink'
                }`}
              >
                <page.icon size={16} aria-hidden />
                <span className="flex-1 whitespace-nowrap">{page.name}</span>
                {page.path === '/dlq' && <OpenCount />}
              </AppLink>
            </li>
          )
        })}
      </ul>
    </nav>
  )
}

/** `dead_letters_open` is counted up to here. */
const COUNTED_TO = 100_000

function OpenCount() {
  const { data } = useAdmin('overview', {})
  const open = data?.dead_letters_open ?? null
  if (open === 0) return null
  return (
    <span className="rounded-sm bg-sunken px-1.5 text-12 font-medium text-ink">
      {open === null ? (
        <Unknown reason="How many are open cannot be known now." />
      ) : (
        `${formatCount(open)}${open >= COUNTED_TO ? '+' : ''}`
      )}
      <span className="sr-only"> open</span>
    </span>
  )
}
