import { Argument, type Command } from 'commander'
import { addKeys } from './keys-args.ts'
import type { Ask } from './request.ts'

const JSON_HELP = 'one JSON document on standard output'

/** The verbs that look at this machine and its settings. */
export function addSetup(program: Command, ask: Ask): void {
  program
    .command('migrate')
    .description('apply the migrations of all packages to DATABASE_URL, where no supervisor does')
    .action(() => ask({ type: 'migrate' }))
  program
    .command('config')
    .description('every setting in force, and where it came from; secrets as "set"')
    .option('--json', JSON_HELP)
    .action(({ json }: { json?: true }) => ask({ type: 'config', json: json === true }))
  program
    .command('doctor')
    .description('is everything in place: Node, ports, settings, engines; exit 1 when something is wrong')
    .option('--json', JSON_HELP)
    .action(({ json }: { json?: true }) => ask({ type: 'doctor', json: json === true }))
  addKeys(program, ask)
  program
    .command('completion')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .description('a script that completes this command: source <(npx sluice completion bash)')
    .action((shell: 'bash' | 'zsh' | 'fish') => ask({ type: 'completion', shell }))
  program
    .command('loadgen')
    .description('send traffic to an ingest; loadgen --help tells its options')
    .argument('[args...]')
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action((args: string[]) => ask({ type: 'loadgen', args }))
}
