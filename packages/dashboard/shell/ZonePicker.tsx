'use client'

import { useSetZone, useZone } from './clock.tsx'
import { rememberPreference, ZONE_COOKIE } from './preferences.ts'

/** Times in UTC, or in the viewer's own zone; remembered by the zone's name, so that the server renders the same. */
export function ZonePicker() {
  const zone = useZone()
  const setZone = useSetZone()
  return (
    <select
      aria-label="Time zone"
      className="control"
      value={zone === 'UTC' ? 'utc' : 'local'}
      onChange={(event) => {
        const next = event.target.value === 'utc' ? 'UTC' : Intl.DateTimeFormat().resolvedOptions().timeZone
        rememberPreference(ZONE_COOKIE, next)
        setZone(next)
      }}
    >
      <option value="utc">UTC</option>
      <option value="local">Local time</option>
    </select>
  )
}
