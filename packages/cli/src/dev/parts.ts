import { existsSync } from 'node:fs'
import path from 'node:path'

/** A process of the stack, as data. */
export type PartSpec = {
  name: string
  /** Below the project's folder. A part whose entry is not there yet is left out. */
  entry: string
  args: readonly string[]
  /** What Node and its allocator are told so that the process keeps no more memory than it needs. */
  memory?: { flags: readonly string[]; env: Readonly<Record<string, string>> }
  portSetting: string
  defaultPort: number
  /** Tells the process a second port on which it alone answers, for when several share one; a part that has it can run several times. */
  operationsPortSetting?: string
  /** Answers 200 while the part can do its work. */
  readyPath: string
  /** Listens on loopback only, whatever HOST says, as long as there is no ADMIN_TOKEN (design.md 7). */
  needsAdminToken: boolean
  /** The stack is ready without it: it may have to build itself first, which takes longer than everything else together. */
  mayComeLate: boolean
  /** Answers `--check` with what it finds of the engines that it uses. */
  inspects?: true
}

const DASHBOARD = 'dashboard'

/** The processes that `sluice dev` starts together once the database is up; they are stopped together before it. */
export const PARTS: readonly PartSpec[] = [
  {
    name: 'ingest',
    entry: 'packages/ingest/src/main.ts',
    args: [],
    portSetting: 'INGEST_PORT',
    defaultPort: 8080,
    operationsPortSetting: 'INGEST_OPERATIONS_PORT',
    readyPath: '/readyz',
    needsAdminToken: false,
    inspects: true,
    mayComeLate: false,
  },
  {
    name: 'processor',
    entry: 'packages/processor/src/main.ts',
    args: [],
    portSetting: 'PROCESSOR_PORT',
    defaultPort: 8082,
    readyPath: '/readyz',
    needsAdminToken: false,
    mayComeLate: false,
    inspects: true,
  },
  {
    name: 'admin',
    entry: 'packages/admin/src/main.ts',
    args: [],
    portSetting: 'ADMIN_PORT',
    defaultPort: 8081,
    readyPath: '/readyz',
    needsAdminToken: true,
    mayComeLate: false,
    inspects: true,
  },
  {
    name: DASHBOARD,
    entry: 'packages/dashboard/server/main.ts',
    args: ['--build'],
    // As packages/dashboard/server/memory.ts, which says why.
    memory: {
      flags: ['--max-semi-space-size=4', '--max-old-space-size=256'],
      env: { MALLOC_TRIM_THRESHOLD_: '262144' },
    },
    portSetting: 'DASHBOARD_PORT',
    defaultPort: 3000,
    readyPath: '/healthz',
    needsAdminToken: true,
    mayComeLate: true,
  },
]

/** The parts that can and shall run. */
export function selectParts(
  parts: readonly PartSpec[],
  { projectDir, withDashboard }: { projectDir: string; withDashboard: boolean },
): PartSpec[] {
  return parts.filter(
    ({ name, entry }) => (withDashboard || name !== DASHBOARD) && existsSync(path.resolve(projectDir, entry)),
  )
}
