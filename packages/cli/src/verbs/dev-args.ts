import type { Command } from 'commander'
import type { Ask } from './request.ts'

type DevFlags = { data?: string; dashboard: boolean; reset?: true; json?: true }

export function addDev(program: Command, ask: Ask): void {
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
