'use client'

import { loadLater } from '../shell/load-later.tsx'
import { Skeleton } from '../shell/QueryPanel.tsx'

/** What was found by ids, loaded with the first search. */
export const LazyFoundByIds = loadLater(
  () => import('./FoundByIds.tsx').then(({ FoundByIds }) => FoundByIds),
  <Skeleton label="Search" height={120} />,
)
