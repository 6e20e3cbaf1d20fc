'use client'

import type { LiveItem, LiveLeftOut } from '@sluice/contract/admin-api/live'
import { useEffect, useRef, useState } from 'react'
import { LIVE_ROUTE } from '../admin-api/routes.ts'
import { addRows, type LiveRow } from './live-rows.ts'

/**
 * connecting → open ⇄ interrupted (the stream goes on, but log or store is away) · any → lost (no stream; the browser tries again
 * by itself, at the same place) → open · any → refused (the browser gave up: not signed in, or too many streams; we try again).
 */
export type LiveConnection = 'connecting' | 'open' | 'interrupted' | 'lost' | 'refused'

export type Live = {
  connection: LiveConnection
  rows: readonly LiveRow[]
  /** How many passed by while it pauses. */
  passed: number
  leftOut: LiveLeftOut | null
  /** Begins again at once after `refused`. */
  retry: () => void
}

/** Rows are drawn together: more often than eyes follow would only cost. */
const DRAW_MS = 250
/** What was left out is said for as long as it may still be so. */
const LEFT_OUT_MS = 3_000
/** After a refusal, which a browser takes for good. */
const RETRY_MS = 5_000

/** Follows `/admin/live` with a filter. While it pauses it counts, and shows nothing new. */
export function useLive(filter: Readonly<Record<string, string | null>>, isPaused: boolean): Live {
  const [connection, setConnection] = useState<LiveConnection>('connecting')
  const [rows, setRows] = useState<readonly LiveRow[]>([])
  const [passed, setPassed] = useState(0)
  const [leftOut, setLeftOut] = useState<LiveLeftOut | null>(null)
  const [attempt, setAttempt] = useState(0)
  const paused = useRef(isPaused)
  const address = liveAddress(filter)

  useEffect(() => {
    paused.current = isPaused
    if (!isPaused) setPassed(0)
  }, [isPaused])

  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter is another list
  useEffect(() => {
    setRows([])
    setPassed(0)
  }, [address])

  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt is another connection
  useEffect(() => {
    let arrived: LiveItem[] = []
    let leftOutTimer: ReturnType<typeof setTimeout> | undefined
    let retryTimer: ReturnType<typeof setTimeout> | undefined
    setConnection('connecting')
    const source = new EventSource(address)
    source.addEventListener('open', () => setConnection('open'))
    source.addEventListener('resumed', () => setConnection('open'))
    source.addEventListener('interrupted', () => setConnection('interrupted'))
    source.addEventListener('error', () => {
      const isOver = source.readyState === EventSource.CLOSED
      setConnection(isOver ? 'refused' : 'lost')
      if (isOver) retryTimer = setTimeout(() => setAttempt((count) => count + 1), RETRY_MS)
    })
    source.addEventListener('item', ({ data }) => arrived.push(JSON.parse(data) as LiveItem))
    source.addEventListener('left_out', ({ data }) => {
      setLeftOut(JSON.parse(data) as LiveLeftOut)
      clearTimeout(leftOutTimer)
      leftOutTimer = setTimeout(() => setLeftOut(null), LEFT_OUT_MS)
    })
    const drawing = setInterval(() => {
      if (arrived.length === 0) return
      const drawn = arrived
      arrived = []
      if (paused.current) setPassed((count) => count + drawn.length)
      else setRows((before) => addRows(before, drawn))
    }, DRAW_MS)
    return () => {
      source.close()
      clearInterval(drawing)
      clearTimeout(leftOutTimer)
      clearTimeout(retryTimer)
    }
  }, [address, attempt])

  return { connection, rows, passed, leftOut, retry: () => setAttempt((count) => count + 1) }
}

function liveAddress(filter: Readonly<Record<string, string | null>>): string {
  const query = new URLSearchParams()
  for (const name of LIVE_ROUTE.query) {
    const value = filter[name]
    if (value !== null && value !== undefined) query.set(name, value)
  }
  return `/api${LIVE_ROUTE.pattern}${query.size === 0 ? '' : `?${query}`}`
}
