'use client'

import { useEffect, useState } from 'react'

/** Counts changes of the theme, so that what is drawn on a canvas is drawn anew. */
export function useThemeChanges(): number {
  const [changes, setChanges] = useState(0)
  useEffect(() => {
    const changed = () => setChanges((count) => count + 1)
    const observer = new MutationObserver(changed)
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
    const system = window.matchMedia('(prefers-color-scheme: dark)')
    system.addEventListener('change', changed)
    return () => {
      observer.disconnect()
      system.removeEventListener('change', changed)
    }
  }, [])
  return changes
}

/** The value of one of our colour tokens now. */
export const tokenColor = (token: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(token).trim()
