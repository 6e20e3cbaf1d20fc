import { type Command, Option } from 'commander'
import { adminFlags, withAdmin } from './event-args.ts'
import type { Ask, Selection } from './request.ts'

export type Given = Record<string, string> & { json?: true; yes?: true; wait?: true; all?: true }

/** Flags that choose dead letters, in the words of the Admin API's filter. */
const FILTER_FLAGS: readonly (readonly [flag: string, member: string, help: string])[] = [
  ['--tenant <tenant>', 'tenant_id', 'of one tenant'],
  ['--type <type>', 'event_type', 'of one event type'],
  ['--reason <reason>', 'reason', 'such as MISSING_FIELD'],
  ['--pointer <pointer>', 'pointer', 'JSON Pointer of the failing member'],
  ['--event-id <id>', 'event_id', "the producer's own id"],
  ['--since <time>', 'since', 'failed at or after, RFC 3339'],
  ['--until <time>', 'until', 'failed before, RFC 3339'],
  ['--q <text>', 'q', 'text to look for'],
  ['--state <state>', 'state', 'open unless given; dismissed to take back'],
  ['--job <id>', 'job', 'what this redrive job took'],
]

/** Adds ids and filter flags to `command`; the function returned reads them, and refuses neither and both. */
function withSelection(command: Command): (ids: readonly string[], given: Given) => Selection {
  command.argument('[id...]', 'dead letters by id; else those that the flags choose')
  const flags = FILTER_FLAGS.map(([flag, member, help]) => ({ option: new Option(flag, help), member }))
  for (const { option } of flags) command.addOption(option)
  command.option('--all', 'every open one, where no other flag chooses')
  return (ids, given) => {
    const filter = Object.fromEntries(
      flags.flatMap(({ option, member }) => {
        const value = given[option.attributeName()]
        return value === undefined ? [] : [[member, value]]
      }),
    )
    const chosen = Object.keys(filter).length > 0
    if ([ids.length > 0, chosen, given.all === true].filter(Boolean).length !== 1)
      command.error(
        'error: name dead letters by id, or choose them by flags such as --reason, or --all: one of the three',
      )
    return ids.length > 0 ? { ids } : { filter }
  }
}

/** Adds what every change carries; `operationFlags` reads it. */
export const withOperation = (command: Command): Command =>
  withAdmin(command)
    .option('--by <name>', 'who asks, for the audit')
    .option('--operation-id <uuid>', 'to send again what got no answer: the same id is done once')

export const operationFlags = (given: Given) => ({
  by: given.by ?? null,
  operationId: given.operationId ?? null,
  ...adminFlags(given),
})

/** What changes dead letters, and the dry run. */
export function addDeadLetterChanges(dlq: Command, ask: Ask): void {
  const check = withAdmin(
    dlq
      .command('check')
      .description('what a redrive would do, by the real validation; changes nothing. Exit 5 when nothing matches')
      .option('--edit <file>', 'a JSON Patch (RFC 6902) on each event; - for standard input'),
  )
  const checked = withSelection(check)
  check.action((ids: string[], given: Given) =>
    ask({ type: 'dlq_check', selection: checked(ids, given), edit: given.edit ?? null, ...adminFlags(given) }),
  )

  const redrive = withOperation(
    dlq
      .command('redrive')
      .description('append them to the log again; many as a job on the server, which wants --yes')
      .option('--edit <file>', 'a JSON Patch (RFC 6902) on each event; - for standard input')
      .option('--rate <count>', 'so many a second, 1 to 1000', '50')
      .option('--note <text>', 'why, for the audit')
      .option('--yes', 'do it; without, many are only counted')
      .option('--wait', 'until it is over: exit 1 when one failed again'),
  )
  const redriven = withSelection(redrive)
  redrive.action((ids: string[], given: Given) =>
    ask({
      type: 'dlq_redrive',
      selection: redriven(ids, given),
      edit: given.edit ?? null,
      rate: given.rate ?? '50',
      note: given.note ?? null,
      yes: given.yes === true,
      wait: given.wait === true,
      ...operationFlags(given),
    }),
  )

  withOperation(
    dlq
      .command('dismiss')
      .argument('<id...>')
      .description('close them without storing; more than one wants --yes')
      .requiredOption('--note <text>', 'why, for the audit')
      .option('--yes', 'do it'),
  ).action((ids: string[], given: Given) =>
    ask({ type: 'dlq_dismiss', ids, note: given.note ?? '', yes: given.yes === true, ...operationFlags(given) }),
  )
}

/** The jobs that redrive many. */
export function addRedrives(program: Command, ask: Ask): void {
  const redrives = program.command('redrives').description('jobs that redrive many dead letters')
  withAdmin(redrives.command('ls').description('newest first'))
    .option('--state <state>', 'running, done or cancelled')
    .option('--cursor <cursor>', 'go on where the page before ended')
    .option('--limit <count>', 'rows of a page, 1 to 200', '20')
    .action(({ state, cursor, limit = '20', ...given }: Given) => {
      const query = { limit, ...(state === undefined ? {} : { state }), ...(cursor === undefined ? {} : { cursor }) }
      ask({ type: 'redrives_ls', query, ...adminFlags(given as Given) })
    })
  withAdmin(
    redrives
      .command('show')
      .argument('<id>')
      .description('how a job stands')
      .option('--wait', 'until it is over: exit 1 when one failed again'),
  ).action((id: string, given: Given) =>
    ask({ type: 'redrives_show', id, wait: given.wait === true, ...adminFlags(given) }),
  )
  withOperation(redrives.command('cancel').argument('<id>').description('append nothing more')).action(
    (id: string, given: Given) => ask({ type: 'redrives_cancel', id, ...operationFlags(given) }),
  )
}
