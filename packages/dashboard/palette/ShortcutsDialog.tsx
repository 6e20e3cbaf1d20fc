'use client'

import { PAGES } from '../shell/pages.ts'
import { Dialog } from '../ui/Dialog.tsx'

const SHORTCUTS: readonly (readonly [keys: string, does: string])[] = [
  ['Ctrl K or ⌘ K', 'Page, action, or any id'],
  ...PAGES.map(({ name, letter }) => [`g ${letter}`, `Go to ${name}`] as const),
  ['/', 'Search'],
  ['p', 'Pause or resume refreshing'],
  ['r', 'Refresh now'],
  ['?', 'This list'],
]

type ShortcutsProps = { isOpen: boolean; onClose: () => void; areOn: boolean; onSwitch: (areOn: boolean) => void }

/** The keys, and a way to be without those of one letter: WCAG 2.2, criterion 2.1.4. */
export function ShortcutsDialog({ isOpen, onClose, areOn, onSwitch }: ShortcutsProps) {
  return (
    <Dialog title="Keyboard shortcuts" isOpen={isOpen} onClose={onClose}>
      <div className="flex flex-col gap-4 text-13">
        <dl className="grid grid-cols-[max-content_1fr] gap-x-6 gap-y-2">
          {SHORTCUTS.map(([keys, does]) => (
            <div key={keys} className="contents">
              <dt>
                <kbd className="font-mono text-12">{keys}</kbd>
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
        <label className="flex min-h-6 items-center gap-2 touch:min-h-11">
          <input
            type="checkbox"
            className="size-4"
            checked={areOn}
            onChange={(event) => onSwitch(event.target.checked)}
          />
          Single keys do something; without, only Ctrl K and ⌘ K
        </label>
      </div>
    </Dialog>
  )
}
