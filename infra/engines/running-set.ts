import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { processStart } from './process-start.ts'

/** The set that runs for this checkout, as its supervisor wrote it down. */
export type RunningSet = {
  pid: number
  /** Tells the supervisor from a later process with its pid. */
  started: string
  settings: Record<string, string>
  engines: { name: string; pid: number | null }[]
}

const STATE_FILE = fileURLToPath(new URL('../../.cache/engines.json', import.meta.url))

/** Where one set is written down. @param file null: in this checkout's `.cache/` */
export const stateFile = (file: string | null): string => file ?? STATE_FILE

/** Writes down what runs, whole or not at all. */
export function recordSet(set: RunningSet, file: string): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.draft`, `${JSON.stringify(set, null, 2)}\n`)
  renameSync(`${file}.draft`, file)
}

export const forgetSet = (file: string): void => rmSync(file, { force: true })

/** The set that runs; null when none does, or when its supervisor has died, which ends its engines. */
export function findSet(file: string): RunningSet | null {
  if (!existsSync(file)) return null
  const set = JSON.parse(readFileSync(file, 'utf8')) as RunningSet
  return processStart(set.pid) === set.started ? set : null
}
