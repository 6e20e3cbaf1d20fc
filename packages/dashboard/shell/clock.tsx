'use client'

import { createContext, type ReactNode, use, useMemo, useState, useSyncExternalStore } from 'react'
import type { Zone } from '../times.ts'

/** The server's clock, moved on by the viewer's: an age never depends on how the viewer's clock is set. */
type ServerClock = { nowMs: () => number; subscribe: (listener: () => void) => () => void; renderedMs: number }

const ClockContext = createContext<ServerClock | null>(null)
const ZoneContext = createContext<{ zone: Zone; setZone: (zone: Zone) => void }>({ zone: 'UTC', setZone: () => {} })

function createServerClock(renderedMs: number): ServerClock {
  let offsetMs: number | null = null
  let shownMs = renderedMs
  let timer: ReturnType<typeof setInterval> | undefined
  const listeners = new Set<() => void>()
  return {
    renderedMs,
    nowMs: () => shownMs,
    subscribe(listener) {
      offsetMs ??= renderedMs - Date.now()
      listeners.add(listener)
      timer ??= setInterval(() => {
        shownMs = Date.now() + (offsetMs ?? 0)
        for (const tell of listeners) tell()
      }, 1_000)
      return () => {
        listeners.delete(listener)
        if (listeners.size > 0) return
        clearInterval(timer)
        timer = undefined
      }
    },
  }
}

/** One timer for all times on the page. `renderedMs` is the server's clock when it made the page. */
export function ClockProvider(props: { renderedMs: number; zone: Zone; children: ReactNode }) {
  const [clock] = useState(() => createServerClock(props.renderedMs))
  const [zone, setZone] = useState(props.zone)
  const chosen = useMemo(() => ({ zone, setZone }), [zone])
  return (
    <ClockContext value={clock}>
      <ZoneContext value={chosen}>{props.children}</ZoneContext>
    </ClockContext>
  )
}

/** The server's time in Unix milliseconds, anew each second. */
export function useNowMs(): number {
  const clock = use(ClockContext)
  if (clock === null) throw new Error('useNowMs stands outside of a ClockProvider')
  return useSyncExternalStore(clock.subscribe, clock.nowMs, () => clock.renderedMs)
}

export const useZone = (): Zone => use(ZoneContext).zone
export const useSetZone = () => use(ZoneContext).setZone
