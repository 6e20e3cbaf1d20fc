import { urls } from '../urls.ts'

/**
 * The pages that can be gone to from everywhere, in their order. `letter` leads there after `g`. Without pictures: whoever
 * needs only names takes them from here.
 */
export const PAGES = [
  { name: 'Overview', path: '/', letter: 'o', href: urls.overview },
  { name: 'Pipeline', path: '/pipeline', letter: 'p', href: urls.pipeline },
  { name: 'Dead letters', path: '/dlq', letter: 'd', href: urls.deadLetters },
  { name: 'Search', path: '/search', letter: 's', href: urls.search },
  { name: 'Live', path: '/live', letter: 'l', href: urls.live },
  { name: 'Audit', path: '/audit', letter: 'a', href: urls.audit },
] as const
export type PagePath = (typeof PAGES)[number]['path']
