'use client'

import { useState } from 'react'
import { IconButton } from '../ui/IconButton.tsx'
import { Menu } from '../ui/icons.tsx'
import { loadLater } from './load-later.tsx'
import type { Deployment } from './Rail.tsx'

const MenuDialog = loadLater(() => import('./MenuDialog.tsx').then(({ MenuDialog: Part }) => Part))

/** The rail's list as a dialog, where there is no room for the rail. */
export function MenuButton(deployment: Deployment) {
  const [isShown, setShown] = useState(false)
  const [wasAsked, setAsked] = useState(false)
  return (
    <>
      <IconButton
        label="Menu"
        aria-expanded={isShown}
        onClick={() => {
          setAsked(true)
          setShown(true)
        }}
        className="lg:hidden"
      >
        <Menu size={20} aria-hidden />
      </IconButton>
      {wasAsked && <MenuDialog {...deployment} isShown={isShown} onClose={() => setShown(false)} />}
    </>
  )
}
