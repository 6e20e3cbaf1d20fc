'use client'

import { Dialog } from '../ui/Dialog.tsx'
import { NavList } from './NavList.tsx'
import type { Deployment } from './Rail.tsx'
import { RunsAs } from './RunsAs.tsx'
import { SignOut } from './SignOut.tsx'
import { ThemePicker } from './ThemePicker.tsx'
import { ZonePicker } from './ZonePicker.tsx'

type MenuDialogProps = Deployment & { isShown: boolean; onClose: () => void }

/** What the rail shows, as a dialog. */
export function MenuDialog({ version, isOpen, isShown, onClose }: MenuDialogProps) {
  return (
    <Dialog title="Sluice" isOpen={isShown} onClose={onClose} shape="left">
      <div className="flex h-full flex-col gap-6">
        <NavList onGo={onClose} />
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
  )
}
