import { isShortKey, newApiKey, readApiKeys, SHORT_KEY_CHARACTERS } from '@sluice/contract/api-keys'
import { DEMO_API_KEYS } from '@sluice/contract/demo-keys'
import { isTenantId, TENANT_RULE } from '@sluice/contract/identifiers'
import { type Env, readEnv } from '@sluice/runtime/env'
import { CommandError, EXIT_CODE } from '../exit-code.ts'
import { table } from '../table.ts'

type TenantKeys = { tenant_id: string; keys: number; short_keys: number }

/** How many keys of each tenant API_KEYS has, as far as it is set here. */
export type ConfiguredKeys = { data: TenantKeys[]; demo: boolean }

/** @throws {ConfigError} when API_KEYS breaks its rule */
export function countConfiguredKeys(env: Env): ConfiguredKeys {
  const read = readEnv(env)
  const text = read.secret('API_KEYS')
  const { entries, problems } = readApiKeys(text ?? DEMO_API_KEYS)
  for (const problem of problems) read.problem(problem)
  read.finish({})
  const tenants = Map.groupBy(entries, ({ tenantId }) => tenantId)
  const data = [...tenants].map(([tenantId, ofTenant]): TenantKeys => {
    // The same key twice is one key.
    const keys = [...new Set(ofTenant.map(({ key }) => key))]
    return { tenant_id: tenantId, keys: keys.length, short_keys: keys.filter(isShortKey).length }
  })
  return { data, demo: text === null }
}

export const configuredKeysReport = ({ data }: ConfiguredKeys): string =>
  table([
    ['TENANT', 'KEYS', 'SHORT'],
    ...data.map(({ tenant_id, keys, short_keys }) => [tenant_id, String(keys), String(short_keys)]),
  ])

/** What people are told of them on standard error. */
export function configuredKeysTalk({ data, demo }: ConfiguredKeys): string[] {
  if (demo) return ['API_KEYS is not set here: these are the demo keys, which `sluice dev` alone knows']
  return data
    .filter(({ short_keys }) => short_keys > 0)
    .map(
      ({ tenant_id }) =>
        `${tenant_id} has a key of fewer than ${SHORT_KEY_CHARACTERS} characters, which can be guessed: replace it with one of \`npx sluice keys create ${tenant_id}\``,
    )
}

/** A new key as an entry for API_KEYS. */
export function newConfiguredKey({ tenant, json }: { tenant: string; json: boolean }): {
  stdout: string
  talk: string[]
} {
  requireTenantId(tenant)
  const { id, key } = newApiKey()
  const entry = `${tenant}:${key}`
  const talk = [
    'this key is shown once and kept nowhere: give it to the tenant, who sends it as X-API-Key',
    'to let it in add the entry to API_KEYS (or the file of API_KEYS_FILE) of ingest and admin, after a comma, and start them again; `npx sluice keys create` makes one that needs no start',
  ]
  const document = { tenant_id: tenant, id, key, entry }
  const lines = table([
    ['KEY', key],
    ['ENTRY', entry],
  ])
  return { stdout: json ? `${JSON.stringify(document)}\n` : lines, talk }
}

/** @throws {CommandError} for a name that no tenant may have */
export function requireTenantId(tenant: string): void {
  if (isTenantId(tenant)) return
  throw new CommandError(`a tenant is ${TENANT_RULE}, got ${JSON.stringify(tenant)}`, EXIT_CODE.usage)
}
