'use client'

import { useEffect, useRef, useState } from 'react'

type Tip = { text: string; left: number; top: number }

/**
 * Shows the `data-hint` of whatever the pointer or the focus is on: one tooltip for the page. It stays while the pointer is on it, and Escape takes it
 * away (WCAG 2.2, 1.4.13).
 */
export function TooltipLayer() {
  const [tip, setTip] = useState<Tip | null>(null)
  const layer = useRef<HTMLDivElement>(null)

  useEffect(() => {
    const show = (event: Event) => {
      const element = event.target instanceof Element ? event.target : null
      if (element !== null && layer.current?.contains(element)) return
      const owner = element?.closest<HTMLElement>('[data-hint]') ?? null
      const text = owner?.dataset.hint ?? ''
      if (owner === null || text === '') return setTip(null)
      const box = owner.getBoundingClientRect()
      const left = Math.max(8, Math.min(box.left, window.innerWidth - 296))
      const isLow = box.bottom + 72 > window.innerHeight
      setTip({ text, left, top: isLow ? Math.max(8, box.top - 40) : box.bottom + 2 })
    }
    const hide = () => setTip(null)
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape') hide()
    }
    document.addEventListener('pointerover', show)
    document.addEventListener('focusin', show)
    document.addEventListener('focusout', hide)
    document.addEventListener('keydown', onKey)
    document.addEventListener('scroll', hide, true)
    return () => {
      document.removeEventListener('pointerover', show)
      document.removeEventListener('focusin', show)
      document.removeEventListener('focusout', hide)
      document.removeEventListener('keydown', onKey)
      document.removeEventListener('scroll', hide, true)
    }
  }, [])

  if (tip === null) return null
  return (
    <div
      ref={layer}
      role="tooltip"
      style={{ left: tip.left, top: tip.top }}
      className="fixed z-50 max-w-72 rounded-sm border border-line bg-surface px-2 py-1 text-12 break-words whitespace-pre-line text-ink shadow-float"
    >
      {tip.text}
    </div>
  )
}
