import { isIPv6 } from 'node:net'
import path from 'node:path'
import { DEMO_API_KEYS } from '@sluice/contract/demo-keys'
import { type Env, readEnv } from '@sluice/runtime/env'
import type { PartSpec } from './parts.ts'

export type DevSettings = {
  /** Null: the embedded database is started. */
  databaseUrl: string | null
  host: string
  usesDemoKeys: boolean
  hasAdminToken: boolean
  hasAdminUrl: boolean
  hasIngestUrl: boolean
  hasShutdownDelay: boolean
  /** Null: the log is in the database. */
  kafkaBrokers: string | null
  hasKafkaCreateTopics: boolean
  usesRedis: boolean
  /** How many ingest processes share its port. */
  ingestWorkers: number
  /** Where the first of several answers for itself, the others on the ports after it; null: any free ones. */
  ingestOperationsPort: number | null
  /** By part; 0 asks for any free port. */
  ports: ReadonlyMap<string, number>
}

/** @throws {ConfigError} naming every wrong value */
export function parseDevSettings(env: Env, parts: readonly PartSpec[]): Readonly<DevSettings> {
  const read = readEnv(env)
  return read.finish({
    databaseUrl: read.url('DATABASE_URL', { protocols: ['postgres:', 'postgresql:'], secret: true }),
    host: read.string('HOST', { fallback: '127.0.0.1' }),
    usesDemoKeys: read.secret('API_KEYS') === null,
    hasAdminToken: read.secret('ADMIN_TOKEN') !== null,
    hasAdminUrl: read.string('ADMIN_URL') !== null,
    hasIngestUrl: read.string('INGEST_URL') !== null,
    hasShutdownDelay: read.string('SHUTDOWN_DELAY') !== null,
    kafkaBrokers: read.list('KAFKA_BROKERS')?.join(', ') ?? null,
    hasKafkaCreateTopics: read.string('KAFKA_CREATE_TOPICS') !== null,
    usesRedis: read.secret('REDIS_ADDR') !== null,
    ingestWorkers: read.integer('INGEST_WORKERS', { fallback: 1, min: 1, max: 64 }),
    ingestOperationsPort: read.integer('INGEST_OPERATIONS_PORT', { min: 0, max: 65_535 }),
    ports: new Map(
      parts.map(({ name, portSetting, defaultPort }) => [
        name,
        read.integer(portSetting, { fallback: defaultPort, min: 0, max: 65_535 }),
      ]),
    ),
  })
}

/** Where the stack keeps its data: the flag, then SLUICE_DATA_DIR, then `.sluice` in the project. A relative setting counts from the project, a flag from here. */
export function dataDirOf(env: Env, flag: string | null, projectDir: string, cwd: string): string {
  if (flag !== null) return path.resolve(cwd, flag)
  return path.resolve(projectDir, readEnv(env).string('SLUICE_DATA_DIR', { fallback: '.sluice' }))
}

/** The address that a part listens on. */
export function listenHost(settings: DevSettings, part: PartSpec): string {
  return part.needsAdminToken && !settings.hasAdminToken ? '127.0.0.1' : settings.host
}

/** The origin under which a part is reached from this machine. */
export function originOf(settings: DevSettings, part: PartSpec, port: number): string {
  const host = listenHost(settings, part)
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${isIPv6(reachable) ? `[${reachable}]` : reachable}:${port}`
}

/** The environment of every part: what the user has set, and what `sluice dev` decides where the user said nothing. */
export function partEnv(
  base: Env,
  settings: DevSettings,
  parts: readonly PartSpec[],
  { ports, databaseUrl }: { ports: ReadonlyMap<string, number>; databaseUrl: string | null },
): Record<string, string | undefined> {
  const own: Record<string, string> = { HOST: settings.host }
  for (const { name, portSetting } of parts) own[portSetting] = String(ports.get(name))
  if (settings.databaseUrl === null && databaseUrl !== null) own.DATABASE_URL = databaseUrl
  if (settings.usesDemoKeys) own.API_KEYS = DEMO_API_KEYS
  // The wait is for load balancers, of which there are none here: a Ctrl-C shall not take a second longer for them.
  if (!settings.hasShutdownDelay) own.SHUTDOWN_DELAY = '0ms'
  // Who starts everything with one command has nobody else to make the topics.
  if (settings.kafkaBrokers !== null && !settings.hasKafkaCreateTopics) own.KAFKA_CREATE_TOPICS = 'true'
  const addressOf = (name: string) => {
    const part = parts.find((candidate) => candidate.name === name)
    return part === undefined ? null : originOf(settings, part, ports.get(name) ?? part.defaultPort)
  }
  const [adminUrl, ingestUrl] = [addressOf('admin'), addressOf('ingest')]
  if (!settings.hasAdminUrl && adminUrl !== null) own.ADMIN_URL = adminUrl
  if (!settings.hasIngestUrl && ingestUrl !== null) own.INGEST_URL = ingestUrl
  return { ...base, ...own }
}
