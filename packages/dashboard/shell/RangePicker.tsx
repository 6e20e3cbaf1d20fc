'use client'

import { overviewParams, RANGES, type Range, viewParams } from '../search-params.ts'
import { useQueryStates } from './use-query-states.ts'

const NAMES: Record<Range, string> = { '15m': '15 min', '1h': '1 hour', '6h': '6 hours', '24h': '24 hours' }

export function RangePicker() {
  const [{ range }, setView] = useQueryStates(overviewParams)
  return (
    <select
      aria-label="Range"
      className="control"
      value={range}
      // A zoom into the old range may lie outside of the new one.
      onChange={(event) => void setView({ range: viewParams.range.parse(event.target.value), from: null, to: null })}
    >
      {RANGES.map((name) => (
        <option key={name} value={name}>
          {NAMES[name]}
        </option>
      ))}
    </select>
  )
}
