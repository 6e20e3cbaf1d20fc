import { type Command, CommanderError } from 'commander'

/** What a command line that is not run comes to: help for stdout, or a sentence for stderr. */
export type NotRun = { type: 'help'; text: string } | { type: 'usage_error'; message: string }

/** Runs commander without letting it write or exit. Null: the line was read, ask the command for its options. */
export function parseCommand(command: Command, argv: readonly string[]): NotRun | null {
  let written = ''
  command.exitOverride().configureOutput({
    writeOut: (text) => {
      written += text
    },
    writeErr: () => {},
    getOutHasColors: () => false,
  })
  try {
    command.parse(argv, { from: 'user' })
    return null
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return { type: 'help', text: written }
    return { type: 'usage_error', message: error.message.replace(/^error: /, '') }
  }
}

/** The origin and base path of a service, without `/events`, which people tend to add. Throws a RangeError. */
export function parseBaseUrl(flag: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    throw new RangeError(`${flag} must be an http or https address such as http://127.0.0.1:8080, got "${text}"`)
  url.pathname = url.pathname.replace(/\/+$/, '').replace(/\/(events|admin)$/, '')
  url.search = ''
  url.hash = ''
  return url
}
