'use client'

import dynamic from 'next/dynamic'

/** A chart, loaded after the page: its numbers stand in cards and tables already. */
export const LazyTimeSeries = dynamic(() => import('./TimeSeries.tsx').then(({ TimeSeries }) => TimeSeries), {
  ssr: false,
  loading: () => <div className="skeleton h-48 w-full" />,
})
