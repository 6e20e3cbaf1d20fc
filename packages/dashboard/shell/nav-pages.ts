import {
  Activity,
  ChartNoAxesCombined,
  History,
  type Icon as IconShape,
  Inbox,
  Search,
  Workflow,
} from '../ui/icons.tsx'
import type { urls } from '../urls.ts'
import { PAGES, type PagePath } from './pages.ts'

type NavPage = { name: string; path: string; href: typeof urls.overview; icon: IconShape }

const ICONS: Record<PagePath, IconShape> = {
  '/': ChartNoAxesCombined,
  '/pipeline': Workflow,
  '/dlq': Inbox,
  '/search': Search,
  '/live': Activity,
  '/audit': History,
}

export const NAV_PAGES: readonly NavPage[] = PAGES.map((page) => ({ ...page, icon: ICONS[page.path] }))

/** The name of the page at a path, for its title. */
export const pageName = (path: string): string =>
  NAV_PAGES.find((page) => page.path === path)?.name ?? (path.startsWith('/events/') ? 'Event' : 'Not found')
