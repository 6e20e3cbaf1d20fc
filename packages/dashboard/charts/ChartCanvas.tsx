'use client'

import 'uplot/dist/uPlot.min.css'
import { useEffect, useRef } from 'react'
import type uPlot from 'uplot'
import type { Series } from './series.ts'
import { tokenColor, useThemeChanges } from './theme-colors.ts'
import { type ChartMark, uplotData, uplotOptions } from './uplot-options.ts'
import type { Zoom } from './ZoomButtons.tsx'

type ChartCanvasProps = {
  label: string
  times: readonly number[]
  series: readonly Series[]
  complete: number
  marks: readonly ChartMark[]
  format: (value: number) => string
  height: number
  zone: string
  syncKey: string
  zoom: Zoom | null
  onZoom: (zoom: Zoom) => void
  onHover: (index: number | null) => void
}

/** The drawn part of a chart: alone knows uPlot. */
export function ChartCanvas(props: ChartCanvasProps) {
  const { label, times, series, complete, marks, format, height, zone, syncKey, zoom } = props
  const box = useRef<HTMLDivElement>(null)
  const chart = useRef<uPlot | null>(null)
  const latest = useRef(props)
  useEffect(() => {
    latest.current = props
  })
  const themeChanges = useThemeChanges()
  const names = series.map(({ name }) => name).join('|')

  // biome-ignore lint/correctness/useExhaustiveDependencies: made anew for other lines, another theme or zone only; its data comes below
  useEffect(() => {
    const element = box.current
    if (element === null) return
    let isGone = false
    let observer: ResizeObserver | undefined
    // Loaded when first needed: a page's first script does not carry it.
    void import('uplot').then(({ default: Plot }) => {
      if (isGone) return
      const now = () => latest.current
      const options = uplotOptions({
        width: element.clientWidth,
        height,
        series: () => now().series,
        complete: () => now().complete,
        marks: () => now().marks,
        zone,
        format,
        color: tokenColor,
        syncKey,
        onHover: (index) => now().onHover(index),
        onSelect: (fromMs, toMs) => now().onZoom({ fromMs, toMs }),
      })
      options.tzDate = (seconds) => Plot.tzDate(new Date(seconds * 1000), zone)
      const made = new Plot(options, uplotData(now().times, now().series, now().complete), element)
      chart.current = made
      showRange(made, now().zoom)
      observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }))
      observer.observe(element)
    })
    return () => {
      isGone = true
      observer?.disconnect()
      chart.current?.destroy()
      chart.current = null
    }
  }, [names, themeChanges, zone, height, syncKey, format])

  // biome-ignore lint/correctness/useExhaustiveDependencies: new marks are drawn with the data
  useEffect(() => {
    if (chart.current === null) return
    chart.current.setData(uplotData(times, series, complete), false)
    showRange(chart.current, zoom)
  }, [times, series, complete, zoom, marks])

  return <div ref={box} role="img" aria-label={label} className="h-full w-full overflow-hidden" />
}

function showRange(chart: uPlot, zoom: Zoom | null): void {
  const times = chart.data[0]
  const [first, last] = [times[0], times.at(-1)]
  if (first === undefined || last === undefined) return
  chart.setScale('x', zoom === null ? { min: first, max: last } : { min: zoom.fromMs / 1000, max: zoom.toMs / 1000 })
}
