import { Command, CommanderError } from 'commander'
import { EXIT_CODE } from './exit-code.ts'

/** What a command line asks for. */
export type Request =
  | { type: 'dev'; dataDir: string | null; withDashboard: boolean; reset: boolean }
  | { type: 'dev_status'; dataDir: string | null; json: boolean }
  | { type: 'dev_change'; dataDir: string | null; action: 'stop' | 'start'; name: string }
  | { type: 'migrate' }
  | { type: 'loadgen'; args: readonly string[] }
  /** Nothing to run: help was asked for, or the line is wrong. */
  | { type: 'text'; stdout: string; stderr: string; exitCode: number }

const EXAMPLES = `Examples:
  npx sluice dev                      start everything: database, ingest, processor, admin
  npx sluice dev status --json        is it ready, and on which ports
  npx sluice dev stop processor       stop one part while the rest runs
  npx sluice loadgen --rps 50 --minutes 1

`

type DevFlags = { data?: string; dashboard: boolean; reset?: true; json?: true }

/** Reads a command line, without doing anything of what it says. `argv` begins after the script's name. */
export function parseRequest(argv: readonly string[], version: string): Request {
  let request: Request | null = null
  let stdout = ''
  let stderr = ''
  const program = new Command('sluice')
    .description('An event platform for the teams inside one company')
    .version(version)
    .addHelpText('beforeAll', EXAMPLES)
    .showSuggestionAfterError()
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        stdout += text
      },
      writeErr: (text) => {
        stderr += text
      },
    })
  addDev(program, (asked) => {
    request = asked
  })
  program
    .command('migrate')
    .description('apply the migrations of all packages to DATABASE_URL, where no supervisor does')
    .action(() => {
      request = { type: 'migrate' }
    })
  program
    .command('loadgen')
    .description('send traffic to an ingest; loadgen --help tells its options')
    .argument('[args...]')
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action((args: string[]) => {
      request = { type: 'loadgen', args }
    })
  try {
    program.parse(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    return { type: 'text', stdout, stderr, exitCode: error.exitCode === 0 ? EXIT_CODE.done : EXIT_CODE.usage }
  }
  return request ?? { type: 'text', stdout, stderr, exitCode: EXIT_CODE.usage }
}

function addDev(program: Command, ask: (request: Request) => void): void {
  const dev = program
    .command('dev')
    .description('run the whole platform here until Ctrl-C')
    .enablePositionalOptions(false) // --data may stand behind the verb as well
    .option('--no-dashboard', 'leave the dashboard out')
    .option('--data <dir>', 'folder of the data (default: .sluice in the project, or SLUICE_DATA_DIR)')
    .option('--reset', 'delete the data first')
    .action((flags: DevFlags) =>
      ask({ type: 'dev', dataDir: flags.data ?? null, withDashboard: flags.dashboard, reset: flags.reset === true }),
    )
  const flagsOf = (command: Command) => command.optsWithGlobals<DevFlags>()
  dev
    .command('status')
    .description('what runs, and whether all of it is ready: exit 0 when it is, 1 when not')
    .option('--json', 'one JSON document on standard output')
    .action((_flags, command: Command) => {
      const { data, json } = flagsOf(command)
      ask({ type: 'dev_status', dataDir: data ?? null, json: json === true })
    })
  for (const action of ['stop', 'start'] as const)
    dev
      .command(action)
      .argument('<name>', 'a part, as `dev status` names it')
      .description(`${action} one part while the rest runs`)
      .action((name: string, _flags, command: Command) =>
        ask({ type: 'dev_change', dataDir: flagsOf(command).data ?? null, action, name }),
      )
}
