import type { Command } from 'commander'
import { addDeadLetterChanges, addRedrives } from './change-args.ts'
import { adminFlags, withAdmin, withPage } from './event-args.ts'
import type { Ask } from './request.ts'

type Given = Record<string, string> & { json?: true }

/** The verbs that list what is stored and what was set aside. */
export function addLists(program: Command, ask: Ask): void {
  const events = program.command('events').description('stored events')
  const list = withAdmin(events.command('ls').description('newest first'))
  const eventQuery = withPage(list)
  list.action((given: Given) => ask({ type: 'events_ls', query: eventQuery(given), ...adminFlags(given) }))

  const dlq = program.command('dlq').description('dead letters')
  const letters = withAdmin(dlq.command('ls').description('newest first; the open ones unless --state says otherwise'))
  const letterQuery = withPage(letters, [
    ['--state <state>', 'state', 'open, redriving, redriven, dismissed, or all'],
    ['--reason <reason>', 'reason', 'such as MISSING_FIELD'],
    ['--pointer <pointer>', 'pointer', 'JSON Pointer of the failing member'],
    ['--event-id <id>', 'eventId', "the producer's own id"],
    ['--q <text>', 'q', 'text to look for'],
  ])
  letters.action((given: Given) => {
    const { state = 'open', ...query } = letterQuery(given)
    ask({ type: 'dlq_ls', query: state === 'all' ? query : { ...query, state }, ...adminFlags(given) })
  })
  withAdmin(dlq.command('show').argument('<id>').description('one dead letter, with the event as it was sent')).action(
    (id: string, given: Given) => ask({ type: 'dlq_show', id, ...adminFlags(given) }),
  )
  addDeadLetterChanges(dlq, ask)
  addRedrives(program, ask)
  withAdmin(
    program.command('tenants').description('every tenant').command('ls').description('limit, use, and what came of it'),
  ).action((given: Given) => ask({ type: 'tenants_ls', ...adminFlags(given) }))
}
