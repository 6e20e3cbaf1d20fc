'use client'

import { createContext, type ReactNode, use, useCallback, useEffect, useRef, useState } from 'react'

const AnnounceContext = createContext<(text: string) => void>(() => {})

/** Readers of the screen hear at most one thing in this time, the latest. */
const QUIET_MS = 5_000

/** Says something politely to who listens to the page. */
export const useAnnounce = () => use(AnnounceContext)

/** The page's one polite live region. */
export function Announcer({ children }: { children: ReactNode }) {
  const [text, setText] = useState('')
  const state = useRef<{ lastMs: number; timer: ReturnType<typeof setTimeout> | undefined }>({
    lastMs: 0,
    timer: undefined,
  })
  const announce = useCallback((next: string) => {
    clearTimeout(state.current.timer)
    const say = () => {
      state.current.lastMs = performance.now()
      setText(next)
    }
    const waitMs = state.current.lastMs + QUIET_MS - performance.now()
    if (state.current.lastMs === 0 || waitMs <= 0) say()
    else state.current.timer = setTimeout(say, waitMs)
  }, [])
  useEffect(() => () => clearTimeout(state.current.timer), [])
  return (
    <AnnounceContext value={announce}>
      {children}
      <p aria-live="polite" className="sr-only">
        {text}
      </p>
    </AnnounceContext>
  )
}
