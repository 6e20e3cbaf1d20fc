import type uPlot from 'uplot'
import { SERIES_STYLES } from './series.ts'
import { CHART_FONT, type ChartLook, MIN_LABELLED_WIDTH } from './uplot-options.ts'

const scaledFont = () => CHART_FONT.replace('12px', `${12 * devicePixelRatio}px`)

/** What is not complete yet: a dashed line to a hollow point, so that no chart ends in a cliff. */
export function drawRest(chart: uPlot, look: ChartLook): void {
  const { ctx } = chart
  const times = chart.data[0]
  const complete = look.complete()
  const [lastAt, runningAt] = [times[complete - 1], times[complete]]
  for (const { kind, values } of look.series()) {
    const [last, running] = [values[complete - 1], values[complete]]
    if (running == null || runningAt === undefined) continue
    const point = (at: number, value: number) =>
      [chart.valToPos(at, 'x', true), chart.valToPos(value, 'y', true)] as const
    const [x, y] = point(runningAt, running)
    ctx.save()
    ctx.strokeStyle = look.color(SERIES_STYLES[kind].color)
    ctx.fillStyle = look.color('--surface')
    ctx.lineWidth = devicePixelRatio
    if (last != null && lastAt !== undefined) {
      ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio])
      ctx.beginPath()
      ctx.moveTo(...point(lastAt, last))
      ctx.lineTo(x, y)
      ctx.stroke()
    }
    ctx.setLineDash([])
    ctx.beginPath()
    ctx.arc(x, y, 3 * devicePixelRatio, 0, 2 * Math.PI)
    ctx.fill()
    ctx.stroke()
    ctx.restore()
  }
}

/** Moments that explain what is seen: where a processor stopped and came back. A word that would stand on the one before goes a line down. */
export function drawMarks(chart: uPlot, { marks, color }: ChartLook): void {
  const { ctx, bbox } = chart
  const ends: number[] = []
  for (const { atMs, label } of marks()) {
    const x = chart.valToPos(atMs / 1000, 'x', true)
    if (x < bbox.left || x > bbox.left + bbox.width) continue
    const isRight = x > bbox.left + bbox.width * 0.75
    ctx.save()
    ctx.strokeStyle = color('--text-2')
    ctx.fillStyle = color('--text-2')
    ctx.lineWidth = devicePixelRatio
    ctx.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio])
    ctx.beginPath()
    ctx.moveTo(x, bbox.top)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
    ctx.font = scaledFont()
    ctx.textAlign = 'left'
    const wide = ctx.measureText(label).width
    const left = isRight ? x - 4 * devicePixelRatio - wide : x + 4 * devicePixelRatio
    const found = ends.findIndex((end) => end < left)
    const line = found === -1 ? ends.length : found
    ends[line] = left + wide + 4 * devicePixelRatio
    const baseline = bbox.top + (10 + 14 * line) * devicePixelRatio
    // A line that runs at the top must not strike the word out.
    ctx.setLineDash([])
    ctx.strokeStyle = color('--bg')
    ctx.lineWidth = 4 * devicePixelRatio
    ctx.lineJoin = 'round'
    ctx.strokeText(label, left, baseline)
    ctx.fillText(label, left, baseline)
    ctx.restore()
  }
}

/** Each line's name at its end, moved apart where ends lie close together. */
export function drawLabels(chart: uPlot, look: ChartLook): void {
  const { ctx, bbox } = chart
  if (chart.width < MIN_LABELLED_WIDTH) return
  const lineHeight = 14 * devicePixelRatio
  const complete = look.complete()
  const labels = look
    .series()
    .flatMap(({ kind, name, values }) => {
      const end = values.slice(0, complete).findLast((value) => value !== null)
      return end == null ? [] : [{ kind, name, y: chart.valToPos(end, 'y', true) }]
    })
    .sort((a, b) => a.y - b.y)
  let free = bbox.top
  for (const label of labels) {
    label.y = Math.max(label.y, free)
    free = label.y + lineHeight
  }
  // What was pushed below the chart is pushed back up, from the last one on.
  let limit = bbox.top + bbox.height
  for (const label of labels.toReversed()) {
    label.y = Math.min(label.y, limit)
    limit = label.y - lineHeight
  }
  ctx.save()
  ctx.font = scaledFont()
  ctx.textAlign = 'left'
  ctx.textBaseline = 'middle'
  for (const { kind, name, y } of labels) {
    ctx.fillStyle = look.color(SERIES_STYLES[kind].color)
    ctx.fillText(name, bbox.left + bbox.width + 8 * devicePixelRatio, y)
  }
  ctx.restore()
}
