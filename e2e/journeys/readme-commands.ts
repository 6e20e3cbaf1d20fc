/** One command of the README, and what it says that its output holds. */
export type ReadmeCommand = { command: string; holds: string[] }

/** The commands of one section: everything in its `sh` blocks. `# → text` beneath a command is a promise about its output, other comments are for people. */
export function commandsOf(readme: string, heading: string): ReadmeCommand[] {
  const section = readme.split(/^## /m).find((text) => text.startsWith(`${heading}\n`))
  if (section === undefined) throw new Error(`the README has no section "${heading}"`)
  const blocks = [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block)
  const commands: ReadmeCommand[] = []
  // A line that ends in a backslash goes on in the next.
  for (const line of blocks.join('\n').replaceAll('\\\n', ' ').split('\n')) {
    const promise = /^# → (.*)$/.exec(line)?.[1]
    if (promise !== undefined) commands.at(-1)?.holds.push(promise)
    else if (line.trim() !== '' && !line.startsWith('#'))
      commands.push({ command: line.replace(/\s{2,}#.*$/, '').trim(), holds: [] })
  }
  return commands
}
