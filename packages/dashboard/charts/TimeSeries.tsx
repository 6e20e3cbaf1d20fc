'use client'

import { useId, useMemo, useState } from 'react'
import { useZone } from '../shell/clock.tsx'
import { clockTime } from '../times.ts'
import { IconButton } from '../ui/IconButton.tsx'
import { Table2 } from '../ui/icons.tsx'
import { ChartCanvas } from './ChartCanvas.tsx'
import { LineSample } from './LineSample.tsx'
import { SeriesTable } from './SeriesTable.tsx'
import { type Series, summarise } from './series.ts'
import type { ChartMark } from './uplot-options.ts'
import { type Zoom, ZoomButtons } from './ZoomButtons.tsx'

export type TimeSeriesProps = {
  /** What the chart shows, for its description: "Throughput, events a minute". */
  label: string
  /** Unix milliseconds, ascending, evenly spaced. */
  times: readonly number[]
  series: readonly Series[]
  /** How many steps at the start are complete. */
  complete: number
  format: (value: number) => string
  height?: number
  /** Series that are shown only when somebody asks for them. */
  hiddenAtFirst?: readonly string[]
  marks?: readonly ChartMark[]
  /** Charts with the same key share their cursor. */
  syncKey: string
  zoom: Zoom | null
  onZoom: (zoom: Zoom | null) => void
}

const NO_NAMES: readonly string[] = []
const NO_MARKS: readonly ChartMark[] = []

/** Lines over time. What is drawn is said in a sentence and in a table as well; drag or press the buttons to zoom. */
export function TimeSeries(props: TimeSeriesProps) {
  const { label, times, series, complete, format, height = 220, hiddenAtFirst = NO_NAMES, marks = NO_MARKS } = props
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set(hiddenAtFirst))
  const [hovered, setHovered] = useState<number | null>(null)
  const [isTable, setTable] = useState(false)
  const zone = useZone()
  const boxId = useId()
  const shown = useMemo(() => series.filter(({ name }) => !hidden.has(name)), [series, hidden])
  const summary = shown.map((line) => summarise(line, complete, format)).join('. ')
  const at = hovered === null ? null : times[hovered]
  const isUnknown = series.every(({ values }) => values.every((value) => value === null))
  return (
    <figure className="min-w-0">
      <figcaption className="sr-only">
        {label}. {summary}.
      </figcaption>
      <div className="mb-1 flex min-h-7 flex-wrap items-center gap-x-1">
        {series.map((line) => (
          <SeriesToggle
            key={line.name}
            line={line}
            isShown={!hidden.has(line.name)}
            value={hovered === null ? undefined : (line.values[hovered] ?? null)}
            format={format}
            onToggle={() => setHidden((now) => toggled(now, line.name))}
          />
        ))}
        <span className="flex-1 px-2 text-right text-12 text-ink-2">{at == null ? '' : clockTime(at, zone)}</span>
        <ZoomButtons times={times} zoom={props.zoom} onZoom={props.onZoom} />
        <IconButton
          label={isTable ? 'Show as chart' : 'Show as table'}
          aria-expanded={isTable}
          aria-controls={boxId}
          onClick={() => setTable(!isTable)}
        >
          <Table2 size={16} aria-hidden />
        </IconButton>
      </div>
      <div id={boxId} style={{ height }} className="min-w-0">
        {isTable ? (
          <SeriesTable label={label} times={times} series={series} complete={complete} format={format} />
        ) : isUnknown ? (
          <p className="flex h-full items-center justify-center rounded-md bg-sunken px-4 text-center text-13 text-ink-2">
            Nothing is known of this time: what cannot be measured is not drawn.
          </p>
        ) : (
          <ChartCanvas
            {...{ times, complete, format, height, marks, zone }}
            series={shown}
            label={`${label}. ${summary}`}
            syncKey={props.syncKey}
            zoom={props.zoom}
            onZoom={props.onZoom}
            onHover={setHovered}
          />
        )}
      </div>
    </figure>
  )
}

function toggled(names: ReadonlySet<string>, name: string): ReadonlySet<string> {
  const next = new Set(names)
  if (!next.delete(name)) next.add(name)
  return next
}

type SeriesToggleProps = {
  line: Series
  isShown: boolean
  /** Under the cursor; undefined while there is none. */
  value: number | null | undefined
  format: (value: number) => string
  onToggle: () => void
}

function SeriesToggle({ line, isShown, value, format, onToggle }: SeriesToggleProps) {
  return (
    <button
      type="button"
      aria-pressed={isShown}
      onClick={onToggle}
      className={`inline-flex min-h-6 items-center gap-1.5 rounded-sm px-1.5 text-12 hover:bg-sunken touch:min-h-11 ${isShown ? 'text-ink' : 'text-ink-2 line-through'}`}
    >
      <LineSample kind={line.kind} />
      {line.name}
      {isShown && value !== undefined && <span className="font-medium">{value === null ? '–' : format(value)}</span>}
    </button>
  )
}
