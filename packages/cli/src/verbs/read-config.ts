import path from 'node:path'
import type { Env, EnvEntry } from '@sluice/runtime/env'
import type { PartSpec } from '../dev/parts.ts'
import { type DevSettings, partEnv } from '../dev/settings.ts'
import { askEntryPoint } from '../entry-point.ts'
import { cell, table } from '../table.ts'

/** One setting in force: as an entry point tells it, and who reads it. */
export type Setting = {
  name: string
  value: string | null
  /** `sluice dev`: nobody said anything, and the supervisor decides. */
  origin: EnvEntry['origin'] | 'sluice dev'
  secret: boolean
  used_by: string[]
}

export type ConfigParts = {
  projectDir: string
  /** The environment alone: entry points read `.env` themselves. */
  processEnv: Env
  /** The same with `.env` beneath it. */
  env: Env
  specs: readonly PartSpec[]
  settings: DevSettings
  /** The database of the stack that runs here; null when none does. */
  databaseUrl: string | null
}

/** Any address: it is shown as `set`, and nobody connects to it. */
const EMBEDDED_URL = 'postgres://embedded@127.0.0.1/sluice'

/** What `sluice dev` gives its parts, whether or not it runs. */
export const environmentOf = ({ processEnv, settings, specs, databaseUrl }: ConfigParts): Env =>
  partEnv(processEnv, settings, specs, { ports: settings.ports, databaseUrl: databaseUrl ?? EMBEDDED_URL })

/** Asks every entry point for its settings; `problems` are the words of those that refuse theirs, by part. */
export async function readConfig(
  parts: ConfigParts,
): Promise<{ settings: Setting[]; problems: Map<string, string[]> }> {
  const { projectDir, env, specs } = parts
  const given = environmentOf(parts)
  const answers = await Promise.all(
    specs.map(async ({ name, entry }) => ({
      name,
      answer: await askEntryPoint(path.resolve(projectDir, entry), '--print-config', given, projectDir),
    })),
  )
  const settings = new Map<string, Setting>()
  const problems = new Map<string, string[]>()
  for (const { name, answer } of answers) {
    const entries = answer.exitCode === 0 ? parseEntries(answer.stdout) : null
    if (entries === null) {
      problems.set(
        name,
        answer.stderr.trim() === ''
          ? [answer.exitCode === null ? 'it did not answer in time' : `it ended with ${answer.exitCode}`]
          : answer.stderr.trim().split('\n'),
      )
      continue
    }
    for (const entry of entries) {
      const known = settings.get(entry.name)
      const isSaid = env[entry.name] || env[`${entry.name}_FILE`]
      const origin = entry.origin === 'environment' && !isSaid ? 'sluice dev' : entry.origin
      if (known === undefined) settings.set(entry.name, { ...entry, origin, used_by: [name] })
      else known.used_by.push(name)
    }
  }
  return { settings: [...settings.values()].sort((a, b) => (a.name < b.name ? -1 : 1)), problems }
}

function parseEntries(stdout: string): EnvEntry[] | null {
  try {
    const value: unknown = JSON.parse(stdout)
    return Array.isArray(value) ? (value as EnvEntry[]) : null
  } catch {
    // An entry point that prints anything else does not know the flag.
    return null
  }
}

export const configReport = (settings: readonly Setting[]): string =>
  table([
    ['SETTING', 'VALUE', 'FROM', 'READ BY'],
    ...settings.map(({ name, value, origin, used_by }) => [name, cell(value), origin, used_by.join(', ')]),
  ])
