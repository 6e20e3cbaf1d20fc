'use client'

import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'
import { IconButton } from './IconButton.tsx'
import { Ellipsis } from './icons.tsx'

export type MenuItem = { label: string; onChoose: () => void; disabledReason?: string | null }

/** A button with a list of actions. Arrow keys move, Escape closes and gives the focus back. */
export function Menu({ label, items }: { label: string; items: readonly MenuItem[] }) {
  const [place, setPlace] = useState<{ top: number; right: number } | null>(null)
  const button = useRef<HTMLButtonElement>(null)
  const list = useRef<HTMLDivElement>(null)
  const listId = useId()
  const isOpen = place !== null

  useEffect(() => {
    if (!isOpen) return
    list.current?.querySelector('button')?.focus()
    const close = (event: Event) => {
      if (event.target instanceof Node && list.current?.contains(event.target)) return
      setPlace(null)
    }
    document.addEventListener('pointerdown', close)
    document.addEventListener('scroll', close, true)
    return () => {
      document.removeEventListener('pointerdown', close)
      document.removeEventListener('scroll', close, true)
    }
  }, [isOpen])

  const close = () => {
    setPlace(null)
    button.current?.focus()
  }
  const onKey = (event: KeyboardEvent) => {
    const buttons = [...(list.current?.querySelectorAll('button') ?? [])]
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement)
    const moves: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }
    const to = moves[event.key]
    if (event.key === 'Escape' || event.key === 'Tab') close()
    if (to === undefined) return
    event.preventDefault()
    buttons.at(to % buttons.length)?.focus()
  }
  return (
    <>
      <IconButton
        ref={button}
        label={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? listId : undefined}
        onClick={(event) => {
          const box = event.currentTarget.getBoundingClientRect()
          const isLow = box.bottom + items.length * 36 > window.innerHeight
          setPlace(
            isOpen
              ? null
              : {
                  top: isLow ? box.top - items.length * 34 - 10 : box.bottom + 2,
                  right: window.innerWidth - box.right,
                },
          )
        }}
      >
        <Ellipsis size={16} aria-hidden />
      </IconButton>
      {place !== null && (
        <div
          ref={list}
          id={listId}
          role="menu"
          tabIndex={-1}
          aria-label={label}
          onKeyDown={onKey}
          style={place}
          className="fixed z-40 flex min-w-44 flex-col rounded-md border border-line bg-surface p-1 text-left shadow-float"
        >
          {items.map(({ label: name, onChoose, disabledReason = null }) => (
            <button
              key={name}
              type="button"
              role="menuitem"
              tabIndex={-1}
              aria-disabled={disabledReason !== null || undefined}
              aria-description={disabledReason ?? undefined}
              data-hint={disabledReason ?? undefined}
              onClick={() => {
                if (disabledReason !== null) return
                close()
                onChoose()
              }}
              className={`rounded-sm px-2 py-1.5 text-left text-13 touch:min-h-11 ${disabledReason === null ? 'hover:bg-sunken' : 'cursor-not-allowed! text-ink-2'}`}
            >
              {name}
            </button>
          ))}
        </div>
      )}
    </>
  )
}
