'use client'

import { type ReactNode, useEffect, useId, useRef } from 'react'
import { IconButton } from './IconButton.tsx'
import { X } from './icons.tsx'

const SHAPES = {
  centre: 'm-auto w-[min(520px,calc(100vw-32px))] max-h-[calc(100dvh-32px)] rounded-md',
  left: 'm-0 h-dvh max-h-none w-[min(320px,88vw)] max-w-none',
  right: 'mt-0 mr-0 mb-0 ml-auto h-dvh max-h-none w-[min(720px,100vw)] max-w-none',
}

type DialogProps = {
  title: ReactNode
  isOpen: boolean
  onClose: () => void
  children: ReactNode
  shape?: keyof typeof SHAPES
}

/** The browser's own modal dialog: it holds the focus, gives it back, and closes on Escape. */
export function Dialog({ title, isOpen, onClose, children, shape = 'centre' }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useEffect(() => {
    const element = dialog.current
    if (element === null || element.open === isOpen) return
    if (!isOpen) return element.close()
    element.showModal()
    // Its own rule would take the first button there is.
    element.querySelector<HTMLElement>('[data-focus-first]')?.focus()
  }, [isOpen])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it by itself; the click is only for the backdrop
    <dialog
      ref={dialog}
      aria-labelledby={titleId}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === dialog.current) onClose()
      }}
      className={`overflow-hidden border border-line bg-surface p-0 text-ink shadow-float ${SHAPES[shape]}`}
    >
      {isOpen && (
        <div className="flex h-full max-h-[inherit] flex-col">
          <header className="flex items-center gap-3 border-b border-line px-4 py-2">
            <h2 id={titleId} className="min-w-0 flex-1 text-16 font-semibold">
              {title}
            </h2>
            <IconButton label="Close" onClick={onClose}>
              <X size={16} aria-hidden />
            </IconButton>
          </header>
          <div className="min-h-0 flex-1 overflow-auto p-4">{children}</div>
        </div>
      )}
    </dialog>
  )
}
