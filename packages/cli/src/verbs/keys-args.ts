import { TENANT_RULE } from '@sluice/contract/identifiers'
import type { Command } from 'commander'
import { type Given, operationFlags, withOperation } from './change-args.ts'
import { adminFlags, withAdmin } from './event-args.ts'
import type { Ask } from './request.ts'

/** The verbs about API keys. */
export function addKeys(program: Command, ask: Ask): void {
  const keys = program.command('keys').description('API keys')
  withOperation(
    keys
      .command('create')
      .argument('<tenant>', TENANT_RULE)
      .description('a new random key in the database, let in within 10 s; shown this once')
      .option('--label <text>', 'what it is for; shown in lists'),
  ).action((tenant: string, given: Given) =>
    ask({ type: 'keys_create', tenant, label: given.label ?? null, ...operationFlags(given) }),
  )
  withAdmin(
    keys.command('ls').description('keys of the database, newest first, and how many each tenant has in API_KEYS'),
  )
    .option('--tenant <tenant>', 'of one tenant')
    .option('--cursor <cursor>', 'go on where the page before ended')
    .option('--limit <count>', 'rows of a page, 1 to 200', '50')
    .option('--offline', 'count those of API_KEYS alone; asks nobody')
    .action(({ tenant, cursor, limit = '50', offline, ...given }: Given & { offline?: true }) => {
      const query = { limit, ...(tenant === undefined ? {} : { tenant }), ...(cursor === undefined ? {} : { cursor }) }
      ask({ type: 'keys_ls', query, offline: offline === true, ...adminFlags(given as Given) })
    })
  withOperation(
    keys
      .command('revoke')
      .argument('<id>', 'as keys ls shows it: what stands between sk_ and the secret')
      .description('refuse a key for good, within 30 s')
      .option('--note <text>', 'why, for the audit'),
  ).action((id: string, given: Given) =>
    ask({ type: 'keys_revoke', id, note: given.note ?? null, ...operationFlags(given) }),
  )
  keys
    .command('new')
    .argument('<tenant>', TENANT_RULE)
    .description('a new random key as an entry for API_KEYS, shown this once; asks nobody')
    .option('--json', 'one JSON document on standard output')
    .action((tenant: string, { json }: { json?: true }) => ask({ type: 'keys_new', tenant, json: json === true }))
}
