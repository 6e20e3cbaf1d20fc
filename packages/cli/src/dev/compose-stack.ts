import path from 'node:path'
import type { EmbeddedPostgres } from '@sluice/runtime/embedded-postgres'
import type { Env } from '@sluice/runtime/env'
import { createChildProcessPart } from './child-process-part.ts'
import type { PartOutput } from './output.ts'
import { createPart, type Part, type PartChange, type PartDriver } from './part.ts'
import { partNews } from './part-news.ts'
import type { PartSpec } from './parts.ts'
import { choosePorts } from './ports.ts'
import { createPostgresPart } from './postgres-part.ts'
import { identityOf } from './process-identity.ts'
import { type DevSettings, listenHost, originOf, partEnv } from './settings.ts'
import { createSupervisor, type Supervisor } from './supervisor.ts'
import type { SupervisorLock, SupervisorRecord } from './supervisor-lock.ts'

/** The database that comes with the project. */
export interface EmbeddedDatabase {
  /** Starts it on a folder of its own; `port` is the one to come back on, null at the first start. */
  open(dir: string, port: number | null, say: PartOutput['say']): Promise<EmbeddedPostgres>
  /** Deletes it, what a killed supervisor left running included. */
  delete(dir: string, say: PartOutput['say']): Promise<void>
}

/** The parts wired together, nothing started. */
export type Stack = {
  supervisor: Supervisor
  ports: ReadonlyMap<string, number>
  databaseUrl: () => string | null
  /** Where the embedded database really lies; null until it was started, or when it is not ours. */
  databaseDir: () => string | null
  choosePorts(): Promise<void>
  onProcesses(record: SupervisorLock['recordProcesses']): void
}

export type StackOptions = {
  projectDir: string
  /** What the parts inherit; they read `.env` themselves. */
  processEnv: Env
  database: EmbeddedDatabase
}

type StackParts = { output: PartOutput; specs: readonly PartSpec[]; settings: DevSettings; databaseDir: string }

export function composeStack(options: StackOptions, { output, specs, settings, databaseDir }: StackParts): Stack {
  const ports = new Map(settings.ports)
  let recordProcesses: SupervisorLock['recordProcesses'] = () => {}
  const onChange = (change: PartChange) => {
    const news = partNews(change)
    if (news !== null) output.say(news)
    recordProcesses(identities(processes))
  }
  const postgres =
    settings.databaseUrl === null
      ? createPostgresPart((port) => options.database.open(databaseDir, port, output.say))
      : null
  const databaseUrl = () => settings.databaseUrl ?? postgres?.url ?? null
  const database = postgres === null ? null : createPart({ driver: postgres, onChange })
  const processes = specs.map((spec) => createPart({ driver: driverOf(spec), onChange }))

  function driverOf(spec: PartSpec): PartDriver {
    return createChildProcessPart({
      name: spec.name,
      entry: path.resolve(options.projectDir, spec.entry),
      args: spec.args,
      cwd: options.projectDir,
      env: () => partEnv(options.processEnv, settings, specs, { ports, databaseUrl: databaseUrl() }),
      port: () => ports.get(spec.name) ?? spec.defaultPort,
      readyUrl: () => originOf(settings, spec, ports.get(spec.name) ?? spec.defaultPort) + spec.readyPath,
      output,
    })
  }

  return {
    supervisor: createSupervisor({
      database,
      processes,
      mayComeLate: (name) => specs.some((spec) => spec.name === name && spec.mayComeLate),
      databaseUrl,
    }),
    ports,
    databaseUrl,
    databaseDir: () => postgres?.dataDir ?? null,
    async choosePorts() {
      const wanted = specs.map((spec) => ({
        name: spec.name,
        setting: spec.portSetting,
        host: listenHost(settings, spec),
        port: ports.get(spec.name) ?? spec.defaultPort,
      }))
      for (const [name, port] of await choosePorts(wanted)) ports.set(name, port)
    },
    onProcesses(record) {
      recordProcesses = record
    },
  }
}

function identities(parts: readonly Part[]): SupervisorRecord['processes'] {
  return parts.flatMap((part) => {
    const { pid, name } = part.status()
    const identity = pid === null ? null : identityOf(pid)
    return pid === null || identity === null ? [] : [{ name, pid, identity }]
  })
}
