import type { PartStatus } from './part.ts'

/** What `dev status --json` prints. */
export type StackStatus = {
  /** Every part answers ready. */
  ready: boolean
  /** Null while the embedded database has not been started, and when nothing runs. */
  database_url: string | null
  processes: readonly PartStatus[]
}

export const NOTHING_RUNS: StackStatus = { ready: false, database_url: null, processes: [] }

/** The status as a table for people. */
export function statusTable({ ready, database_url: databaseUrl, processes }: StackStatus): string {
  const rows = processes.map(({ name, pid, port, state }) => [name, state, String(port ?? '-'), String(pid ?? '-')])
  const table = [['PART', 'STATE', 'PORT', 'PID'], ...rows]
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)))
  const lines = table.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
  return [
    ...lines,
    '',
    `database  ${databaseUrl === null ? 'not started' : withoutPassword(databaseUrl)}`,
    ready ? 'ready' : 'not ready',
    '',
  ].join('\n')
}

/** A database's address as it may be shown to people. */
export function withoutPassword(url: string): string {
  const parsed = URL.parse(url)
  if (parsed === null) return 'set'
  if (parsed.password !== '') parsed.password = '***'
  return parsed.href
}
