'use client'

import { loadLater } from '../shell/load-later.tsx'

/** What a producer sent, laid out after the page: where the event is stands in words already. */
export const LazyJsonView = loadLater(
  () => import('./JsonView.tsx').then(({ JsonView }) => JsonView),
  <div className="skeleton h-64 w-full" />,
)
