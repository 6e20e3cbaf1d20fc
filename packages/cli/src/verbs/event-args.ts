import { LIVE_OUTCOMES } from '@sluice/contract/admin-api/live'
import { type Command, Option } from 'commander'
import type { Ask } from './request.ts'

type Flags = { json?: true; adminUrl?: string; tenant?: string }

export const withAdmin = (command: Command): Command =>
  command
    .option('--json', 'nothing but JSON on standard output')
    .option('--admin-url <url>', 'origin of the Admin API (default: ADMIN_URL, else the stack that runs here)')

export const adminFlags = ({ json, adminUrl }: Flags) => ({ json: json === true, adminUrl: adminUrl ?? null })

/** The verbs about one event. */
export function addEvent(program: Command, ask: Ask): void {
  program
    .command('send')
    .argument('[file]', 'one event as JSON; standard input when left out or -')
    .description('post one event, and repeat it with the same key until it is answered')
    .option('--url <url>', 'origin of ingest (default: INGEST_URL, else the stack that runs here)')
    .option('--tenant <tenant>', 'whose key of API_KEYS is shown (default: the first)')
    .option('--key <key>', "the idempotency key (default: the event's event_id, else a new one)")
    .option('--strict', 'be told what the processor would refuse, instead of a dead letter')
    .option('--json', 'the answer of ingest on standard output')
    .action((file: string | undefined, flags: Flags & { url?: string; key?: string; strict?: true }) =>
      ask({
        type: 'send',
        file: file === undefined || file === '-' ? null : file,
        url: flags.url ?? null,
        tenant: flags.tenant ?? null,
        key: flags.key ?? null,
        strict: flags.strict === true,
        json: flags.json === true,
      }),
    )
  withAdmin(
    program
      .command('trace')
      .argument('<name>', 'a receipt, an event id or an idempotency key')
      .description('where an event is now, and how it came there; exit 5 when nobody knows it')
      .option('--tenant <tenant>', 'whose event it is (default: those of API_KEYS; not asked for a receipt)'),
  ).action((name: string, flags: Flags) =>
    ask({ type: 'trace', name, tenant: flags.tenant ?? null, ...adminFlags(flags) }),
  )
  withAdmin(program.command('lag').description('what waits in the log, by partition, and for how long')).action(
    (flags: Flags) => ask({ type: 'lag', ...adminFlags(flags) }),
  )
  addTail(program, ask)
  withAdmin(
    program
      .command('balance')
      .description('whether what was accepted adds up; exit 1 when something is missing or not known yet')
      .option('--minutes <count>', 'of the last minutes, 1 to 1440', '60')
      .option('--tenant <tenant>', 'of one tenant'),
  ).action(({ minutes, ...flags }: Flags & { minutes: string }) =>
    ask({ type: 'balance', minutes, tenant: flags.tenant ?? null, ...adminFlags(flags) }),
  )
}

function addTail(program: Command, ask: Ask): void {
  const tail = withAdmin(program.command('tail').description('what is accepted, stored and set aside, until Ctrl-C'))
  const flags = [
    [new Option('--tenant <tenant>', 'of one tenant'), 'tenant'],
    [new Option('--type <type>', 'of one event type'), 'eventType'],
    [new Option('--outcome <outcome>', 'of one kind').choices(LIVE_OUTCOMES), 'outcome'],
  ] as const
  for (const [option] of flags) tail.addOption(option)
  tail.action((given: Record<string, string> & Flags) => {
    const query = flags.flatMap(([option, name]) => {
      const value = given[option.attributeName()]
      return value === undefined ? [] : [[name, value]]
    })
    ask({ type: 'tail', query: Object.fromEntries(query), ...adminFlags(given) })
  })
}

/** Flags of a list, in the words of the Admin API's query. */
const PAGE_FLAGS: readonly [flag: string, query: string, help: string][] = [
  ['--tenant <tenant>', 'tenant', 'of one tenant'],
  ['--type <type>', 'eventType', 'of one event type'],
  ['--since <time>', 'since', 'at or after, RFC 3339'],
  ['--until <time>', 'until', 'before, RFC 3339'],
  ['--cursor <cursor>', 'cursor', 'go on where the page before ended'],
]

/** Adds the flags of a list to `command`; the function returned makes a query of what was given. */
export function withPage(command: Command, more: readonly (readonly [string, string, string])[] = []) {
  const flags = [...PAGE_FLAGS, ...more].map(([flag, query, help]) => ({ option: new Option(flag, help), query }))
  for (const { option } of flags) command.addOption(option)
  command.addOption(new Option('--limit <count>', 'rows of a page, 1 to 200').default('50'))
  return (given: Record<string, string>): Record<string, string> => ({
    limit: given.limit ?? '50',
    ...Object.fromEntries(
      flags.flatMap(({ option, query }) => {
        const value = given[option.attributeName()]
        return value === undefined ? [] : [[query, value]]
      }),
    ),
  })
}
