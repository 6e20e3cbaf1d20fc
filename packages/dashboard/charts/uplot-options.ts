import type uPlot from 'uplot'
import { formatCount, formatShortCount } from '../format.ts'
import { hourMinute } from '../times.ts'
import { drawLabels, drawMarks, drawRest } from './draw-hooks.ts'
import { SERIES_STYLES, type Series } from './series.ts'

export type ChartMark = { atMs: number; label: string }

export type ChartLook = {
  width: number
  height: number
  /** The lines as they are now; a getter, since a chart lives longer than one answer. */
  series: () => readonly Series[]
  /** How many steps at the start are complete; the rest is drawn dashed and hollow. */
  complete: () => number
  marks: () => readonly ChartMark[]
  zone: string
  format: (value: number) => string
  color: (token: string) => string
  syncKey: string
  onHover: (index: number | null) => void
  onSelect: (fromMs: number, toMs: number) => void
}

/** Room at the right for the names of the lines. */
const LABEL_WIDTH = 92
/** Narrower charts have no room for that: the names stand above them anyway. What is left is half of the last time on the axis. */
const NARROW_RIGHT = 20
export const MIN_LABELLED_WIDTH = 520
export const CHART_FONT = '12px ui-sans-serif, system-ui, "Liberation Sans", sans-serif'
const MIN_SELECTION_PX = 8
/** Steps of the upright axis: there is no half event. */
const WHOLE_STEPS = Array.from({ length: 16 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat()

/** Our look of a time series in uPlot's terms. */
export function uplotOptions(look: ChartLook): uPlot.Options {
  const { width, height, zone, format, color } = look
  const axis = {
    stroke: color('--text-2'),
    font: CHART_FONT,
    grid: { stroke: color('--line'), width: 1 },
    ticks: { show: false },
  }
  return {
    width,
    height,
    // Asked again at every size: a window is made narrower, a phone is turned.
    padding: [12, (chart) => (chart.width < MIN_LABELLED_WIDTH ? NARROW_RIGHT : LABEL_WIDTH), 0, 0],
    legend: { show: false },
    cursor: {
      sync: { key: look.syncKey, scales: ['x', null] },
      drag: { x: true, y: false, setScale: false },
      points: { size: 6, fill: color('--surface') },
    },
    scales: {
      x: { time: true },
      // Counts begin at 0, and an empty chart has a scale, too. Words at marks stand above the lines.
      y: { range: (_, __, max) => [0, Math.max(1, max) * (look.marks().length === 0 ? 1.08 : 1.3)] },
    },
    axes: [
      { ...axis, space: 64, size: 24, values: (_, splits) => splits.map((split) => hourMinute(split * 1000, zone)) },
      {
        ...axis,
        size: 52,
        space: 32,
        incrs: WHOLE_STEPS,
        values: (_, splits) => splits.map((split) => axisText(split, format)),
      },
    ],
    series: [
      {},
      ...look.series().map(({ kind, name }) => ({
        label: name,
        stroke: color(SERIES_STYLES[kind].color),
        width: SERIES_STYLES[kind].width,
        dash: [...SERIES_STYLES[kind].dash],
        points: { show: false },
        spanGaps: false,
      })),
    ],
    hooks: {
      draw: [(chart) => drawRest(chart, look), (chart) => drawMarks(chart, look), (chart) => drawLabels(chart, look)],
      setCursor: [({ cursor }) => look.onHover(cursor.idx ?? null)],
      setSelect: [(chart) => takeSelection(chart, look)],
    },
  }
}

/** A count of a million has no room beside the axis: 1 M. */
const axisText = (value: number, format: (value: number) => string): string =>
  format(value) === formatCount(value) ? formatShortCount(value) : format(value)

function takeSelection(chart: uPlot, { onSelect }: ChartLook): void {
  const { left, width } = chart.select
  if (width < MIN_SELECTION_PX) return
  const at = (x: number) => Math.round(chart.posToVal(x, 'x') * 1000)
  onSelect(at(left), at(left + width))
  chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
}

/** The steps as uPlot wants them: seconds, and only what is complete. */
export function uplotData(times: readonly number[], series: readonly Series[], complete: number): uPlot.AlignedData {
  const seconds = times.map((ms) => ms / 1000)
  return [seconds, ...series.map(({ values }) => values.map((value, index) => (index < complete ? value : null)))]
}
