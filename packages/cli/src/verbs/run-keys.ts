import { randomBytes } from 'node:crypto'
import { isShortKey, readApiKeys, SHORT_KEY_CHARACTERS } from '@sluice/contract/api-keys'
import { DEMO_API_KEYS } from '@sluice/contract/demo-keys'
import { isTenantId } from '@sluice/contract/identifiers'
import { type Env, readEnv } from '@sluice/runtime/env'
import { CommandError, EXIT_CODE } from '../exit-code.ts'
import { table } from '../table.ts'
import type { Request } from './request.ts'

export type KeysRequest = Extract<Request, { type: 'keys_create' | 'keys_ls' }>

/** What a verb of keys writes: data for standard output, lines of talk for standard error. */
export type KeysResult = { stdout: string; talk: string[] }

/**
 * Makes a key, or counts those in force here; asks no process.
 * @throws {CommandError} for a name that no tenant may have
 * @throws {ConfigError} when API_KEYS breaks its rule
 */
export function runKeys(request: KeysRequest, env: Env): KeysResult {
  switch (request.type) {
    case 'keys_create':
      return createKey(request)
    case 'keys_ls':
      return listKeys(request, env)
    default:
      return request satisfies never
  }
}

/** Tells keys of one tenant apart where they may not be shown: 6 bytes are enough for any number that a team will have. */
const ID_BYTES = 6
/** 256 random bits need no slow digest, and no throttle to be safe from guessing. */
const SECRET_BYTES = 32

function createKey({ tenant, json }: Extract<KeysRequest, { type: 'keys_create' }>): KeysResult {
  if (!isTenantId(tenant))
    throw new CommandError(
      `a tenant is 1 to 64 characters of A-Z a-z 0-9 _ -, got ${JSON.stringify(tenant)}`,
      EXIT_CODE.usage,
    )
  const id = randomBytes(ID_BYTES).toString('hex')
  const key = `sk_${id}_${randomBytes(SECRET_BYTES).toString('base64url')}`
  const entry = `${tenant}:${key}`
  const talk = [
    'this key is shown once and kept nowhere: give it to the tenant, who sends it as X-API-Key',
    'to let it in add the entry to API_KEYS (or the file of API_KEYS_FILE) of ingest and admin, after a comma, and start them again',
  ]
  const document = { tenant_id: tenant, id, key, entry }
  const lines = table([
    ['KEY', key],
    ['ENTRY', entry],
  ])
  return { stdout: json ? `${JSON.stringify(document)}\n` : lines, talk }
}

type TenantKeys = { tenant_id: string; keys: number; short_keys: number }

function listKeys({ json }: { json: boolean }, env: Env): KeysResult {
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
  const isDemo = text === null
  return {
    stdout: json ? `${JSON.stringify({ data, demo: isDemo })}\n` : keysTable(data),
    talk: isDemo ? ['API_KEYS is not set: these are the demo keys, which `sluice dev` alone knows'] : warnings(data),
  }
}

const keysTable = (data: readonly TenantKeys[]): string =>
  table([
    ['TENANT', 'KEYS', 'SHORT'],
    ...data.map(({ tenant_id, keys, short_keys }) => [tenant_id, String(keys), String(short_keys)]),
  ])

const warnings = (data: readonly TenantKeys[]): string[] =>
  data
    .filter(({ short_keys }) => short_keys > 0)
    .map(
      ({ tenant_id }) =>
        `${tenant_id} has a key of fewer than ${SHORT_KEY_CHARACTERS} characters, which can be guessed: replace it with one of \`npx sluice keys create ${tenant_id}\``,
    )
