import { SERIES_STYLES, type SeriesKind } from './series.ts'

/** A piece of a line as the chart draws it. */
export function LineSample({ kind }: { kind: SeriesKind }) {
  const { color, dash, width } = SERIES_STYLES[kind]
  return (
    <svg width="18" height="8" aria-hidden="true" className="shrink-0">
      <line
        x1="0"
        y1="4"
        x2="18"
        y2="4"
        stroke={`var(${color})`}
        strokeWidth={width}
        strokeDasharray={dash.join(' ')}
      />
    </svg>
  )
}
