import { DEMO_API_KEYS } from '@sluice/contract/demo-keys'
import { type Env, readEnv } from '@sluice/runtime/env'
import { askStatus } from './dev/control-client.ts'
import { CommandError, EXIT_CODE } from './exit-code.ts'

/** Where a server of ours is, and what says so, for the sentence that is told when nobody answers there. */
export type Origin = { url: string; from: string }

/**
 * The flag, else the setting, else the stack that runs on the data folder, else the usual port.
 * @param part as `dev status` names it
 */
export async function originOf(
  part: 'admin' | 'ingest',
  { flag, env, dataDir }: { flag: string | null; env: Env; dataDir: string },
): Promise<Origin> {
  const setting = part === 'admin' ? 'ADMIN_URL' : 'INGEST_URL'
  if (flag !== null) return { url: toOrigin(flag, `--${part === 'admin' ? 'admin-url' : 'url'}`), from: 'the flag' }
  const set = env[setting]
  if (set !== undefined && set !== '') return { url: toOrigin(set, setting), from: setting }
  const running = await askStatus(dataDir).catch(() => null)
  const port = running?.processes.find(({ name }) => name === part)?.port ?? null
  if (port !== null) return { url: `http://127.0.0.1:${port}`, from: 'the stack that runs here' }
  const [portSetting, fallback] = part === 'admin' ? (['ADMIN_PORT', 8081] as const) : (['INGEST_PORT', 8080] as const)
  const usual = readEnv(env).integer(portSetting, { fallback, min: 0, max: 65_535 })
  return { url: `http://127.0.0.1:${usual || fallback}`, from: 'the usual port' }
}

function toOrigin(text: string, name: string): string {
  const url = URL.parse(text)
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new CommandError(`${name} must be an origin such as http://127.0.0.1:8081`, EXIT_CODE.usage)
  return url.href.replace(/\/$/, '')
}

export type ApiKey = { tenant: string; key: string }

/** The keys of API_KEYS; those of `sluice dev` when it is unset. */
export function apiKeysOf(env: Env): ApiKey[] {
  const text = readEnv(env).secret('API_KEYS') ?? DEMO_API_KEYS
  return text.split(',').flatMap((pair) => {
    const colon = pair.indexOf(':')
    const [tenant, key] = [pair.slice(0, colon).trim(), pair.slice(colon + 1).trim()]
    return colon > 0 && key !== '' ? [{ tenant, key }] : []
  })
}
