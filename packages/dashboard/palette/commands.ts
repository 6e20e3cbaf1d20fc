import { PAGES } from '../shell/pages.ts'
import { urls } from '../urls.ts'

/** What the palette offers. `href` leads somewhere; `act` does something on this page. */
export type Command = { id: string; name: string; hint: string | null } & (
  | { href: string }
  | { act: 'pause' | 'refresh' | 'shortcuts' }
)

type Kept = Readonly<Record<string, string>>

/** All that can be chosen, in order; `isPaused` decides on a word. */
export function allCommands(kept: Kept, isPaused: boolean): readonly Command[] {
  const pages = PAGES.map(
    ({ name, path, letter, href }): Command => ({
      id: `page ${path}`,
      name: `Go to ${name}`,
      hint: `g ${letter}`,
      href: href(kept),
    }),
  )
  return [
    ...pages,
    { id: 'bench', name: 'Repair dead letters', hint: null, href: urls.deadLetters({ ...kept, bench: 1 }) },
    { id: 'pause', name: isPaused ? 'Resume refreshing' : 'Pause refreshing', hint: 'p', act: 'pause' },
    { id: 'refresh', name: 'Refresh now', hint: 'r', act: 'refresh' },
    { id: 'shortcuts', name: 'Keyboard shortcuts', hint: '?', act: 'shortcuts' },
  ]
}

/**
 * What fits to what was typed: commands whose words hold all of its words, and first, as soon as it is no word of a command, a search
 * for it: whatever is pasted is an id of something.
 */
export function matchingCommands(typed: string, commands: readonly Command[], kept: Kept): readonly Command[] {
  const text = typed.trim()
  if (text === '') return commands
  const words = text.toLowerCase().split(/\s+/)
  const found = commands.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)))
  const search: Command = {
    id: 'search',
    name: `Find ${text.length > 60 ? `${text.slice(0, 60)}…` : text}`,
    hint: null,
    href: urls.search({ ...kept, q: text }),
  }
  return found.length > 0 && words.every((word) => word.length < 8) ? [...found, search] : [search, ...found]
}
