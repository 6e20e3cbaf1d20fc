'use client'

import { useZone } from '../shell/clock.tsx'
import { hourMinute } from '../times.ts'
import { Scroller } from '../ui/Scroller.tsx'
import type { Series } from './series.ts'

type SeriesTableProps = {
  label: string
  times: readonly number[]
  series: readonly Series[]
  complete: number
  format: (value: number) => string
}

/** A chart as numbers, the newest first. */
export function SeriesTable({ label, times, series, complete, format }: SeriesTableProps) {
  const zone = useZone()
  const rows = times.map((at, index) => ({ at, index })).toReversed()
  return (
    <Scroller label={`${label}, as a table`} className="h-full overflow-auto">
      <table className="w-full text-13">
        <caption className="sr-only">{label}</caption>
        <thead className="sticky top-0 bg-bg">
          <tr>
            <th scope="col" className="px-2 py-1 text-left text-12 font-medium text-ink-2">
              Time
            </th>
            {series.map(({ name }) => (
              <th key={name} scope="col" className="px-2 py-1 text-right text-12 font-medium text-ink-2">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ at, index }) => (
            <tr key={at} className="border-t border-line">
              <th scope="row" className="px-2 py-1 text-left font-normal whitespace-nowrap">
                {hourMinute(at, zone)}
                {index >= complete && <span className="text-ink-2"> still running</span>}
              </th>
              {series.map(({ name, values }) => (
                <td key={name} className="px-2 py-1 text-right">
                  {values[index] == null ? '–' : format(values[index])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroller>
  )
}
