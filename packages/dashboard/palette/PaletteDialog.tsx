'use client'

import { useRouter } from 'next/navigation'
import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'
import { VisibleText } from '../cells/VisibleText.tsx'
import { useKeptQuery } from '../shell/kept-query.ts'
import { allCommands, type Command, matchingCommands } from './commands.ts'

type PaletteProps = { isPaused: boolean; onAct: (act: 'pause' | 'refresh' | 'shortcuts') => void; onClose: () => void }

/** One box for pages, actions and any pasted id. Arrow keys choose, Enter does it: the pattern of a combobox with a list. */
export function PaletteDialog({ isPaused, onAct, onClose }: PaletteProps) {
  const router = useRouter()
  const kept = useKeptQuery()
  const [typed, setTyped] = useState('')
  const [chosen, setChosen] = useState(0)
  const dialog = useRef<HTMLDialogElement>(null)
  const listId = useId()
  const found = matchingCommands(typed, allCommands(kept, isPaused), kept)
  const active = Math.min(chosen, found.length - 1)

  useEffect(() => {
    dialog.current?.showModal()
  }, [])

  function choose(command: Command | undefined): void {
    if (command === undefined) return
    dialog.current?.close()
    if ('href' in command) router.push(command.href)
    else onAct(command.act)
  }
  function onKey(event: KeyboardEvent): void {
    const moves: Record<string, number> = { ArrowDown: active + 1, ArrowUp: active - 1 }
    const to = moves[event.key]
    if (event.key === 'Enter') choose(found[active])
    if (to === undefined) return
    event.preventDefault()
    setChosen((to + found.length) % found.length)
  }
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it by itself; the click is only for the backdrop
    <dialog
      ref={dialog}
      aria-label="Go to a page, do something, or find an id"
      onClose={onClose}
      onClick={(event) => {
        if (event.target === dialog.current) dialog.current?.close()
      }}
      className="mx-auto mt-[12dvh] mb-auto w-[min(560px,calc(100vw-32px))] overflow-hidden rounded-md border border-line bg-surface p-0 text-ink shadow-float"
    >
      <input
        role="combobox"
        aria-label="Page, action or id"
        aria-expanded
        aria-controls={listId}
        aria-activedescendant={`${listId} ${active}`.replace(/\s/g, '-')}
        aria-autocomplete="list"
        placeholder="Page, action, or any id"
        value={typed}
        maxLength={512}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => {
          setTyped(event.target.value)
          setChosen(0)
        }}
        onKeyDown={onKey}
        className="h-11 w-full border-b border-line bg-transparent px-4 text-14 focus-visible:outline-offset-[-2px]!"
      />
      <div id={listId} role="listbox" aria-label="What it can do" className="max-h-[50dvh] overflow-auto p-1">
        {found.map((command, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the box's, which keeps the focus
          <div
            key={command.id}
            id={`${listId} ${index}`.replace(/\s/g, '-')}
            role="option"
            tabIndex={-1}
            aria-selected={index === active}
            onClick={() => choose(command)}
            onPointerMove={() => setChosen(index)}
            className={`flex min-h-8 cursor-pointer items-center gap-3 rounded-sm px-3 text-13 touch:min-h-11 ${
              index === active ? 'bg-accent-bg text-accent' : ''
            }`}
          >
            <span className="min-w-0 flex-1 truncate">
              <VisibleText text={command.name} />
            </span>
            {command.hint !== null && <kbd className="font-mono text-12 text-ink-2">{command.hint}</kbd>}
          </div>
        ))}
      </div>
    </dialog>
  )
}
