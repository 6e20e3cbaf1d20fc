import { PAGES } from '../shell/pages.ts'

/** What a key means. `prefix`: the next key says where to go. */
export type Shortcut =
  | { type: 'palette' }
  | { type: 'prefix' }
  | { type: 'page'; path: string }
  | { type: 'act'; act: 'pause' | 'refresh' | 'shortcuts' }

export type Pressed = {
  key: string
  isModified: boolean
  /** Ctrl or ⌘ alone. */
  isCommand: boolean
  /** The focus is where letters are written, or a dialog is open. */
  isWriting: boolean
  /** `g` was pressed a moment ago. */
  isAfterPrefix: boolean
  areSingleKeysOn: boolean
}

const ACTS: Readonly<Record<string, 'pause' | 'refresh' | 'shortcuts'>> = { p: 'pause', r: 'refresh', '?': 'shortcuts' }

/** Null: the key means what it always means. */
export function shortcutOf({
  key,
  isModified,
  isCommand,
  isWriting,
  isAfterPrefix,
  areSingleKeysOn,
}: Pressed): Shortcut | null {
  if (isCommand && key.toLowerCase() === 'k') return { type: 'palette' }
  if (isModified || isWriting || !areSingleKeysOn) return null
  if (isAfterPrefix) {
    const page = PAGES.find(({ letter }) => letter === key)
    return page === undefined ? null : { type: 'page', path: page.path }
  }
  if (key === 'g') return { type: 'prefix' }
  if (key === '/') return { type: 'page', path: '/search' }
  const act = ACTS[key]
  return act === undefined ? null : { type: 'act', act }
}
