'use client'

import { formatSeconds } from '../format.ts'
import { INTERVALS, type Interval, viewParams } from '../search-params.ts'
import { IconButton } from '../ui/IconButton.tsx'
import { Pause, Play, RotateCw } from '../ui/icons.tsx'
import { useNowMs } from './clock.tsx'
import { useAdmin, usePolling, useRefresh } from './polling.tsx'
import { useQueryStates } from './use-query-states.ts'

const NAMES: Record<Interval, string> = {
  '2': 'every 2 s',
  '5': 'every 5 s',
  '15': 'every 15 s',
  '60': 'every 60 s',
  '0': 'off',
}

/** How often the page asks; Pause and Refresh now; and how old the numbers are. */
export function RefreshPicker() {
  const [{ every }, setView] = useQueryStates(viewParams)
  const { isPaused, setPaused } = usePolling()
  const refresh = useRefresh()
  return (
    <div className="flex items-center gap-1">
      <select
        aria-label="Refresh"
        className="control"
        value={every}
        onChange={(event) => void setView({ every: viewParams.every.parse(event.target.value) })}
      >
        {INTERVALS.map((interval) => (
          <option key={interval} value={interval}>
            {NAMES[interval]}
          </option>
        ))}
      </select>
      <IconButton
        label={isPaused ? 'Resume' : 'Pause'}
        onClick={() => {
          if (isPaused) refresh()
          setPaused(!isPaused)
        }}
      >
        {isPaused ? <Play size={16} aria-hidden /> : <Pause size={16} aria-hidden />}
      </IconButton>
      <IconButton label="Refresh now" onClick={refresh}>
        <RotateCw size={16} aria-hidden />
      </IconButton>
      <Age />
    </div>
  )
}

function Age() {
  const nowMs = useNowMs()
  const { isPaused, intervalMs } = usePolling()
  const { data, isError } = useAdmin('overview', {})
  const ageSeconds = data === undefined ? null : Math.max(0, Math.floor((nowMs - Date.parse(data.as_of)) / 1000))
  const updated =
    ageSeconds === null ? 'no numbers yet' : ageSeconds < 1 ? 'updated now' : `updated ${formatSeconds(ageSeconds)} ago`
  const state = isPaused ? 'Paused' : intervalMs === 0 ? 'Refresh off' : isError ? 'asking less often' : null
  return (
    <span className="min-w-28 px-1 text-12 text-ink-2 max-sm:min-w-0 max-xl:leading-4 sm:whitespace-nowrap lg:max-xl:max-w-28 lg:max-xl:whitespace-normal">
      {state !== null && <strong className={`font-medium ${isPaused ? 'text-warn' : ''}`}>{state} · </strong>}
      {updated}
    </span>
  )
}
