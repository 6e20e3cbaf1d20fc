import type { Command } from 'commander'

/** A verb with all that may follow it. */
type Node = { path: readonly string[]; words: readonly string[] }

/** The command's verbs and flags, by the words that lead there; of the program as it is, so that nothing can be forgotten. */
function nodesOf(command: Command, path: readonly string[] = []): Node[] {
  const flags = command.options.flatMap(({ long }) => (long == null ? [] : [long]))
  const below = command.commands.filter((one) => one.name() !== 'help')
  const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? [])
  const words = [...below.map((one) => one.name()), ...choices, ...flags, '--help']
  return [{ path, words }, ...below.flatMap((one) => nodesOf(one, [...path, one.name()]))]
}

/** A script for the shell that completes `sluice`, also behind npx. Made of fixed names only. */
export function completionScript(shell: 'bash' | 'zsh' | 'fish', program: Command): string {
  const nodes = nodesOf(program)
  switch (shell) {
    case 'bash':
      return bashScript(nodes)
    case 'zsh':
      return `autoload -U +X bashcompinit && bashcompinit\n${bashScript(nodes)}`
    case 'fish':
      return fishScript(nodes)
    default:
      return shell satisfies never
  }
}

/** The verbs on the line so far choose the words; flags and their values are passed over. */
function bashScript(nodes: readonly Node[]): string {
  const cases = nodes
    .filter(({ path }) => path.length > 0)
    .map(({ path, words }) => `    '${path.join(' ')}') words='${words.join(' ')}' ;;`)
  const known = nodes.map(({ path }) => `'${path.join(' ')}'`).join('|')
  return `_sluice() {
  local path='' word words
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    [[ $word == sluice ]] && continue
    case "\${path:+$path }$word" in ${known}) path="\${path:+$path }$word" ;; esac
  done
  case "$path" in
${cases.join('\n')}
    *) words='${nodes[0]?.words.join(' ')}' ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _sluice sluice
`
}

function fishScript(nodes: readonly Node[]): string {
  const lines = nodes.flatMap(({ path, words }) => {
    const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ')
    const deeper = nodes.filter(
      (node) => node.path.length === path.length + 1 && node.path.join(' ').startsWith(path.join(' ')),
    )
    const next = deeper.map((node) => node.path.at(-1)).join(' ')
    const condition = [seen, next === '' ? '' : `not __fish_seen_subcommand_from ${next}`]
      .filter(Boolean)
      .join('; and ')
    return words.map((word) =>
      word.startsWith('--')
        ? `complete -c sluice -n '${condition || 'true'}' -l ${word.slice(2)}`
        : `complete -c sluice -f -n '${condition || 'true'}' -a ${word}`,
    )
  })
  return `${lines.join('\n')}\n`
}
