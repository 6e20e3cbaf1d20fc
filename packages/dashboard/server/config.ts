import { type Env, type EnvReader, readEnv } from '@sluice/runtime/env'
import { LOG_LEVELS, type LogLevel } from '@sluice/runtime/logger'

export type DashboardConfig = {
  host: string
  port: number
  logLevel: LogLevel
  /** Origin of the Admin API, without `/admin`. */
  adminUrl: string
  /** Null: nobody signs in, and the server listens on loopback only. */
  adminToken: string | null
}

const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/

/** Reads every setting of the dashboard; throws one ConfigError that lists every problem. */
export function parseDashboardConfig(env: Env): { config: DashboardConfig; read: EnvReader } {
  const read = readEnv(env)
  const host = read.string('HOST', { fallback: '127.0.0.1' })
  const adminToken = read.secret('ADMIN_TOKEN')
  if (adminToken !== null && !/^[\x21-\x7e]{16,}$/.test(adminToken))
    read.problem('ADMIN_TOKEN must be 16 or more visible ASCII characters')
  // What a build for other consoles calls its address means the same here.
  const given = read.url('ADMIN_URL', { protocols: ['http:', 'https:'] })
  const apiBase = read.url('NEXT_PUBLIC_API_BASE', { protocols: ['http:', 'https:'] })
  const config = read.finish({
    host: adminToken === null && !LOOPBACK.test(host) ? '127.0.0.1' : host,
    port: read.integer('DASHBOARD_PORT', { fallback: 3000, min: 0, max: 65_535 }),
    logLevel: read.oneOf('LOG_LEVEL', LOG_LEVELS, { fallback: 'info' }),
    adminUrl: toOrigin(given ?? apiBase ?? 'http://127.0.0.1:8081'),
    adminToken,
  })
  return { config, read }
}

/** `http://host:8081/admin/` names the same server as `http://host:8081`. */
const toOrigin = (url: string): string => url.replace(/\/+$/, '').replace(/\/admin$/, '')
