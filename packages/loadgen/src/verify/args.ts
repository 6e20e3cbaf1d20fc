import { Command } from 'commander'
import { type NotRun, parseBaseUrl, parseCommand } from '../parse-command.ts'
import { parseTimeMs, parseWhole } from '../parse-flags.ts'

export type VerifyArgs = {
  ledger: string
  adminUrl: URL
  noFaults: boolean
  timeoutMs: number
  quietMs: number
  limitPerMin: number | null
  /** The table for people is left out. */
  json: boolean
}

export type ParsedVerifyArgs = { type: 'run'; options: VerifyArgs } | NotRun

const EXAMPLES = `Examples:
  sluice loadgen --scenario steady --ledger run.ndjson
  sluice loadgen verify run.ndjson                     is everything that was accepted where it must be?
  sluice loadgen verify run.ndjson --no-faults         nothing was broken on purpose: repeats must all be told, too
  sluice loadgen verify run.ndjson --json | jq .lost

`
const AFTER = `
Standard output is one JSON line; the table with up to 20 examples per wrong number goes to standard error.
ADMIN_TOKEN is shown to the Admin API.
Exit: 0 proved · 1 something is wrong · 2 usage, or no ledger · 3 the platform cannot be asked: nothing is proved · 4 the token was refused · 130 interrupted.
`

type Flags = Partial<Record<'adminUrl' | 'timeout' | 'quiet' | 'limit', string>> & { faults: boolean; json?: true }

/** Reads the arguments after `loadgen verify`. Pure. */
export function parseVerifyArgs(argv: readonly string[], defaults: { adminUrl: string }): ParsedVerifyArgs {
  const command = new Command('sluice loadgen verify')
    .description('Compares the ledger of a run with what the platform holds.')
    .addHelpText('beforeAll', EXAMPLES)
    .addHelpText('after', AFTER)
    .argument('<ledger>', 'the file that --ledger wrote')
    .option('--admin-url <address>', 'the Admin API (default: ADMIN_URL, else http://127.0.0.1:8081, or ADMIN_PORT)')
    .option('--no-faults', 'nothing was broken on purpose during the run')
    .option('--timeout <time>', 'how long the log may take to be empty (default: 60s)')
    .option('--quiet <time>', 'how long it must be still, counted from the end of the run (default: 5s)')
    .option('--limit <number>', 'events that a tenant may send in 60 s; finds what was let through beyond it')
    .option('--json', 'only the JSON line')
  const notRun = parseCommand(command, argv)
  if (notRun !== null) return notRun
  try {
    const flags = command.opts<Flags>()
    const [ledger = ''] = command.args
    const options = {
      ledger,
      adminUrl: parseBaseUrl('--admin-url', flags.adminUrl ?? defaults.adminUrl),
      noFaults: !flags.faults,
      timeoutMs: parseTimeMs('--timeout', flags.timeout ?? '60s'),
      quietMs: parseTimeMs('--quiet', flags.quiet ?? '5s', 0),
      limitPerMin:
        flags.limit === undefined ? null : parseWhole('--limit', flags.limit, { min: 1, max: 1_000_000_000 }),
      json: flags.json ?? false,
    }
    return { type: 'run', options }
  } catch (error) {
    if (error instanceof RangeError) return { type: 'usage_error', message: error.message }
    throw error
  }
}
