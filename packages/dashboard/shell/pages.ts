import { urls } from '../urls.ts'

/** The pages that can be gone to from everywhere, in their order. Without pictures: whoever needs only names takes them from here. */
export const PAGES = [
  { name: 'Overview', path: '/', href: urls.overview },
  { name: 'Pipeline', path: '/pipeline', href: urls.pipeline },
  { name: 'Dead letters', path: '/dlq', href: urls.deadLetters },
  { name: 'Search', path: '/search', href: urls.search },
  { name: 'Live', path: '/live', href: urls.live },
  { name: 'Audit', path: '/audit', href: urls.audit },
] as const
export type PagePath = (typeof PAGES)[number]['path']
