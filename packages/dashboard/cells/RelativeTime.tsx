'use client'

import { useNowMs, useZone } from '../shell/clock.tsx'
import { fullTime, relativeTime } from '../times.ts'

/** "3 s ago"; the absolute time on hover and focus. `isFocusable` false where it stands in a link or a row that tells the time otherwise. */
export function RelativeTime({ at, isFocusable = true }: { at: string; isFocusable?: boolean }) {
  const nowMs = useNowMs()
  const full = fullTime(at, useZone())
  return (
    <time dateTime={at} data-hint={full} aria-description={full} {...(isFocusable ? { tabIndex: 0 } : {})}>
      {relativeTime(at, nowMs)}
    </time>
  )
}
