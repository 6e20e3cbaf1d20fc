'use client'

import { useNowMs, useZone } from '../shell/clock.tsx'
import { fullTime, relativeTime, tableTime } from '../times.ts'

/** The time of a row: absolute, with its day unless that is today; how long ago on hover. */
export function TableTime({ at }: { at: string }) {
  const nowMs = useNowMs()
  const zone = useZone()
  return (
    <time dateTime={at} data-hint={`${fullTime(at, zone)}, ${relativeTime(at, nowMs)}`} className="whitespace-nowrap">
      {tableTime(at, nowMs, zone)}
    </time>
  )
}
