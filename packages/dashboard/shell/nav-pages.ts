import {
  Activity,
  ChartNoAxesCombined,
  History,
  type Icon as IconShape,
  Inbox,
  Search,
  Workflow,
} from '../ui/icons.tsx'
import { urls } from '../urls.ts'

type NavPage = { name: string; path: string; href: typeof urls.overview; icon: IconShape }

export const NAV_PAGES: readonly NavPage[] = [
  { name: 'Overview', path: '/', href: urls.overview, icon: ChartNoAxesCombined },
  { name: 'Pipeline', path: '/pipeline', href: urls.pipeline, icon: Workflow },
  { name: 'Dead letters', path: '/dlq', href: urls.deadLetters, icon: Inbox },
  { name: 'Search', path: '/search', href: urls.search, icon: Search },
  { name: 'Live', path: '/live', href: urls.live, icon: Activity },
  { name: 'Audit', path: '/audit', href: urls.audit, icon: History },
]

/** The name of the page at a path, for its title. */
export const pageName = (path: string): string =>
  NAV_PAGES.find((page) => page.path === path)?.name ?? (path.startsWith('/events/') ? 'Event' : 'Not found')
