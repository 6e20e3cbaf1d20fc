import type { Env } from '@sluice/runtime/env'
import type { AdminAnswer, AdminClient, Json } from '../admin-client.ts'
import { EXIT_CODE, type ExitCode } from '../exit-code.ts'
import { cell, table } from '../table.ts'
import {
  configuredKeysReport,
  configuredKeysTalk,
  countConfiguredKeys,
  newConfiguredKey,
  requireTenantId,
} from './configured-keys.ts'
import type { KeysRequest } from './request.ts'
import { operationOf, sendOperation } from './send-operation.ts'

/** What a verb of keys writes: data for standard output, lines of talk for standard error. */
export type KeysResult = { stdout: string; talk: string[]; exitCode: ExitCode }

export type KeysParts = { env: Env; openAdmin: (adminUrl: string | null) => Promise<AdminClient> }

type Asking<Type extends KeysRequest['type']> = Extract<KeysRequest, { type: Type }>

/**
 * Makes, lists and revokes API keys.
 * @throws {CommandError} for a name that no tenant may have; as the Admin API answers
 * @throws {ConfigError} when API_KEYS breaks its rule
 */
export async function runKeys(request: KeysRequest, { env, openAdmin }: KeysParts): Promise<KeysResult> {
  switch (request.type) {
    case 'keys_new':
      return { ...newConfiguredKey(request), exitCode: EXIT_CODE.done }
    case 'keys_create':
      requireTenantId(request.tenant)
      return createKey(request, await openAdmin(request.adminUrl))
    case 'keys_ls':
      return request.offline ? listOffline(request, env) : listKeys(request, env, await openAdmin(request.adminUrl))
    case 'keys_revoke':
      return revokeKey(request, await openAdmin(request.adminUrl))
    default:
      return request satisfies never
  }
}

async function createKey(request: Asking<'keys_create'>, admin: AdminClient): Promise<KeysResult> {
  const { tenant, label, json } = request
  const wish = { ...operationOf(request), tenant_id: tenant, ...(label === null ? {} : { label }) }
  const answer = await sendOperation(admin, '/admin/keys', wish)
  const { key, api_key } = answer.body
  const { id } = (api_key ?? {}) as Json
  const report = () => table([...(key === null ? [] : [['KEY', cell(key)]]), ['ID', cell(id)]])
  const stdout = json ? textOf(answer) : report()
  if (key === null)
    return {
      stdout,
      talk: [`this operation made ${cell(id)} before, and its answer had the key: revoke it, and create another`],
      exitCode: EXIT_CODE.failed,
    }
  return {
    stdout,
    talk: [
      'this key is shown once, and only its digest is kept: give it to the tenant, who sends it as X-API-Key',
      `it is let in within 10 s; \`npx sluice keys revoke ${cell(id)}\` takes it back`,
    ],
    exitCode: EXIT_CODE.done,
  }
}

function listOffline({ json }: { json: boolean }, env: Env): KeysResult {
  const configured = countConfiguredKeys(env)
  return {
    stdout: json ? `${JSON.stringify(configured)}\n` : configuredKeysReport(configured),
    talk: configuredKeysTalk(configured),
    exitCode: EXIT_CODE.done,
  }
}

async function listKeys(request: Asking<'keys_ls'>, env: Env, admin: AdminClient): Promise<KeysResult> {
  const configured = countConfiguredKeys(env)
  const { body } = await admin.get(`/admin/keys?${new URLSearchParams(request.query)}`)
  const { next_cursor: next } = body
  const more = !request.json && typeof next === 'string' ? [`there is more: --cursor ${next}`] : []
  return {
    stdout: request.json
      ? `${JSON.stringify({ ...body, configured })}\n`
      : `${storedKeysReport(body)}\nIn API_KEYS:\n${configuredKeysReport(configured)}`,
    talk: [...more, ...configuredKeysTalk(configured)],
    exitCode: EXIT_CODE.done,
  }
}

function storedKeysReport(body: Json): string {
  const rows = Array.isArray(body.data) ? (body.data as Json[]) : []
  return table([
    ['ID', 'TENANT', 'CREATED', 'BY', 'REVOKED', 'LABEL'],
    ...rows.map((key) => [key.id, key.tenant_id, key.created_at, key.created_by, key.revoked_at, key.label].map(cell)),
  ])
}

async function revokeKey(request: Asking<'keys_revoke'>, admin: AdminClient): Promise<KeysResult> {
  // Whoever pastes a whole key means its id, and nothing more of it leaves this machine.
  const id = /^sk_([\da-f]{12})(?:_|$)/.exec(request.id)?.[1] ?? request.id
  const wish = { ...operationOf(request), ...(request.note === null ? {} : { note: request.note }) }
  const answer = await sendOperation(admin, `/admin/keys/${encodeURIComponent(id)}/revoke`, wish)
  const key = (answer.body.api_key ?? {}) as Json
  const report = () => `${cell(key.id)}  revoked ${cell(key.revoked_at)} by ${cell(key.revoked_by)}\n`
  return {
    stdout: request.json ? textOf(answer) : report(),
    talk: ['refused by every process within 30 s, while the database answers'],
    exitCode: EXIT_CODE.done,
  }
}

/** The answer as it came. */
const textOf = ({ text }: AdminAnswer): string => `${text.trimEnd()}\n`
