import { Command, CommanderError } from 'commander'
import { EXIT_CODE } from './exit-code.ts'
import { addDev } from './verbs/dev-args.ts'
import { addEvent } from './verbs/event-args.ts'
import { addLists } from './verbs/list-args.ts'
import type { Ask, Request } from './verbs/request.ts'
import { addSetup } from './verbs/setup-args.ts'

const EXAMPLES = `Examples:
  npx sluice dev                      start everything: database, ingest, processor, admin
  npx sluice dev status --json        is it ready, and on which ports
  npx sluice dev stop processor       stop one part while the rest runs
  npx sluice send event.json          post one event
  npx sluice trace <receipt>          where it is now
  npx sluice dlq ls                   what was set aside, and why
  npx sluice dlq redrive --reason MISSING_FIELD --edit patch.json --yes --wait
  npx sluice tail                     what happens now
  npx sluice doctor                   is everything in place
  npx sluice keys create team_a       a new API key, without a restart
  npx sluice loadgen --rps 50 --minutes 1

`

/** The whole command as commander knows it; `ask` is told what a line asks for. */
export function createProgram(version: string, ask: Ask): Command {
  const program = new Command('sluice')
    .description('An event platform for the teams inside one company')
    .version(version)
    .addHelpText('beforeAll', EXAMPLES)
    .showSuggestionAfterError()
    .enablePositionalOptions()
  for (const add of [addDev, addSetup, addEvent, addLists]) add(program, ask)
  return program
}

/** Reads a command line, without doing anything of what it says. `argv` begins after the script's name. */
export function parseRequest(argv: readonly string[], version: string): Request {
  let request: Request | null = null
  let stdout = ''
  let stderr = ''
  const program = createProgram(version, (asked) => {
    request = asked
  })
  const quiet = (command: Command): void => {
    command.exitOverride().configureOutput({
      writeOut: (text) => {
        stdout += text
      },
      writeErr: (text) => {
        stderr += text
      },
    })
    for (const below of command.commands) quiet(below)
  }
  quiet(program)
  try {
    program.parse(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return { type: 'text', stdout, stderr, exitCode: error.exitCode === 0 ? EXIT_CODE.done : EXIT_CODE.usage }
  }
  return request ?? { type: 'text', stdout, stderr, exitCode: EXIT_CODE.usage }
}
