'use client'

import { Menu } from 'lucide-react'
import { useState } from 'react'
import { Dialog } from '../ui/Dialog.tsx'
import { IconButton } from '../ui/IconButton.tsx'
import { NavList } from './NavList.tsx'
import type { Deployment } from './Rail.tsx'
import { RunsAs } from './RunsAs.tsx'
import { SignOut } from './SignOut.tsx'
import { ThemePicker } from './ThemePicker.tsx'
import { ZonePicker } from './ZonePicker.tsx'

/** The rail's list as a dialog, where there is no room for the rail. */
export function MenuButton({ version, isOpen }: Deployment) {
  const [isShown, setShown] = useState(false)
  return (
    <>
      <IconButton label="Menu" aria-expanded={isShown} onClick={() => setShown(true)} className="lg:hidden">
        <Menu size={20} aria-hidden />
      </IconButton>
      <Dialog title="Sluice" isOpen={isShown} onClose={() => setShown(false)} shape="left">
        <div className="flex h-full flex-col gap-6">
          <NavList onGo={() => setShown(false)} />
          <div className="flex flex-wrap gap-2">
            <ZonePicker />
            <ThemePicker />
          </div>
          <div className="mt-auto flex flex-col items-start gap-2">
            <RunsAs version={version} isOpen={isOpen} />
            {!isOpen && <SignOut />}
          </div>
        </div>
      </Dialog>
    </>
  )
}
