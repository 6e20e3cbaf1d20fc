'use client'

import { loadLater } from '../shell/load-later.tsx'

/** A chart, loaded after the page: its numbers stand in cards and tables already. */
export const LazyTimeSeries = loadLater(
  () => import('./TimeSeries.tsx').then(({ TimeSeries }) => TimeSeries),
  <div className="skeleton h-48 w-full" />,
)
