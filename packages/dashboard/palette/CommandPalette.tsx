'use client'

import { useRouter } from 'next/navigation'
import { useCallback, useEffect, useRef, useState } from 'react'
import { useKeptQuery } from '../shell/kept-query.ts'
import { loadLater } from '../shell/load-later.tsx'
import { PAGES } from '../shell/pages.ts'
import { usePolling, useRefresh } from '../shell/polling.tsx'
import { rememberPreference, SHORTCUTS_COOKIE } from '../shell/preferences.ts'
import { IconButton } from '../ui/IconButton.tsx'
import { Command as CommandIcon } from '../ui/icons.tsx'
import { type Shortcut, shortcutOf } from './shortcut-of.ts'

// Fetched when first opened: no page pays for them.
const PaletteDialog = loadLater(() => import('./PaletteDialog.tsx').then(({ PaletteDialog: Dialog }) => Dialog))
const ShortcutsDialog = loadLater(() => import('./ShortcutsDialog.tsx').then(({ ShortcutsDialog: Dialog }) => Dialog))

/** How long `g` waits for the letter of a page. */
const PREFIX_MS = 1_500
const WRITING = 'input, textarea, select, [contenteditable], dialog[open]'

/** The button of the palette, and the keys of the whole console. */
export function CommandPalette() {
  const [open, setOpen] = useState<'palette' | 'shortcuts' | null>(null)
  const [areOn, setOn] = useState(true)
  const { isPaused, setPaused } = usePolling()
  const refresh = useRefresh()
  const router = useRouter()
  const kept = useKeptQuery()
  const prefixUntil = useRef(0)

  useEffect(() => setOn(!document.cookie.split('; ').includes(`${SHORTCUTS_COOKIE}=off`)), [])

  const act = useCallback(
    (what: 'pause' | 'refresh' | 'shortcuts') => {
      if (what === 'shortcuts') return setOpen('shortcuts')
      if (what === 'refresh' || isPaused) refresh()
      if (what === 'pause') setPaused(!isPaused)
    },
    [isPaused, refresh, setPaused],
  )
  const follow = useCallback(
    (shortcut: Shortcut) => {
      prefixUntil.current = shortcut.type === 'prefix' ? performance.now() + PREFIX_MS : 0
      if (shortcut.type === 'palette') setOpen('palette')
      else if (shortcut.type === 'act') act(shortcut.act)
      else if (shortcut.type === 'page') {
        const page = PAGES.find(({ path }) => path === shortcut.path)
        if (page !== undefined) router.push(page.href(kept))
      }
    },
    [act, router, kept],
  )
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const shortcut = shortcutOf({
        key: event.key,
        isModified: event.ctrlKey || event.metaKey || event.altKey,
        isCommand: event.ctrlKey !== event.metaKey && !event.altKey,
        isWriting: event.target instanceof Element && event.target.closest(WRITING) !== null,
        isAfterPrefix: performance.now() < prefixUntil.current,
        areSingleKeysOn: areOn,
      })
      if (shortcut === null) return
      event.preventDefault()
      follow(shortcut)
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [areOn, follow])

  return (
    <>
      <IconButton label="Page, action or id (Ctrl K)" aria-haspopup="dialog" onClick={() => setOpen('palette')}>
        <CommandIcon size={16} aria-hidden />
      </IconButton>
      {open === 'palette' && (
        <PaletteDialog
          isPaused={isPaused}
          onAct={act}
          onClose={() => setOpen((now) => (now === 'palette' ? null : now))}
        />
      )}
      {open === 'shortcuts' && (
        <ShortcutsDialog
          isOpen
          onClose={() => setOpen(null)}
          areOn={areOn}
          onSwitch={(next) => {
            rememberPreference(SHORTCUTS_COOKIE, next ? 'on' : 'off')
            setOn(next)
          }}
        />
      )}
    </>
  )
}
