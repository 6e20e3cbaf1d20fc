import path from 'node:path'
import type { EmbeddedPostgres } from '@sluice/runtime/embedded-postgres'
import type { Env } from '@sluice/runtime/env'
import { identityOf } from '@sluice/runtime/process-identity'
import { createChildProcessPart } from './child-process-part.ts'
import type { PartOutput } from './output.ts'
import { createPart, type Part, type PartChange, type PartDriver } from './part.ts'
import { partNews } from './part-news.ts'
import type { PartSpec } from './parts.ts'
import { choosePorts } from './ports.ts'
import { createPostgresPart } from './postgres-part.ts'
import { type DevSettings, listenHost, originOf, partEnv } from './settings.ts'
import { createSupervisor, type Supervisor } from './supervisor.ts'
import type { SupervisorLock, SupervisorRecord } from './supervisor-lock.ts'
import { type WorkerSpec, workersOf } from './workers.ts'

/** The database that comes with the project. */
export interface EmbeddedDatabase {
  /** Starts it on a folder of its own; `port` is the one to come back on, null at the first start. */
  open(dir: string, port: number | null, say: PartOutput['say']): Promise<EmbeddedPostgres>
  /** Deletes it, what a killed supervisor left running included. */
  delete(dir: string, say: PartOutput['say']): Promise<void>
}

export type Addresses = { origin: string; ofItself: string | null }

/** The parts wired together, nothing started. */
export type Stack = {
  supervisor: Supervisor
  /** Where the processes are reached, by name; `ofItself` when it shares its address with others. Known once ports are chosen. */
  addresses(): Map<string, Addresses>
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
  const workers = workersOf(specs, settings.ingestWorkers)
  const ports = new Map(settings.ports)
  /** By process, of those that share a port. */
  const operationsPorts = new Map<string, number>()
  const portOf = (worker: WorkerSpec) => ports.get(worker.part) ?? worker.defaultPort
  const addressesOf = (worker: WorkerSpec): Addresses => {
    const own = operationsPorts.get(worker.name)
    return {
      origin: originOf(settings, worker, portOf(worker)),
      ofItself: own === undefined ? null : originOf(settings, worker, own),
    }
  }
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
  const processes = workers.map((worker) => createPart({ driver: driverOf(worker), onChange }))

  function envOf(worker: WorkerSpec): Env {
    const env = {
      ...partEnv(options.processEnv, settings, specs, { ports, databaseUrl: databaseUrl() }),
      ...worker.memory?.env,
    }
    const own = operationsPorts.get(worker.name)
    return own === undefined ? env : { ...env, [worker.operationsPortSetting ?? '']: String(own) }
  }

  function driverOf(worker: WorkerSpec): PartDriver {
    return createChildProcessPart({
      name: worker.name,
      entry: path.resolve(options.projectDir, worker.entry),
      args: worker.args,
      nodeFlags: worker.memory?.flags ?? [],
      cwd: options.projectDir,
      env: () => envOf(worker),
      port: () => portOf(worker),
      operationsPort: () => operationsPorts.get(worker.name) ?? null,
      readyUrl: () => {
        const { origin, ofItself } = addressesOf(worker)
        return (ofItself ?? origin) + worker.readyPath
      },
      output,
    })
  }

  return {
    supervisor: createSupervisor({
      database,
      processes,
      mayComeLate: (name) => workers.some((worker) => worker.name === name && worker.mayComeLate),
      databaseUrl,
    }),
    addresses: () => new Map(workers.map((worker) => [worker.name, addressesOf(worker)])),
    databaseUrl,
    databaseDir: () => postgres?.dataDir ?? null,
    async choosePorts() {
      const shared = specs.map((spec) => ({
        name: spec.name,
        setting: spec.portSetting,
        host: listenHost(settings, spec),
        port: ports.get(spec.name) ?? spec.defaultPort,
      }))
      const own = workers
        .filter(({ isOneOfSeveral }) => isOneOfSeveral)
        .map((worker) => ({
          name: `operations of ${worker.name}`,
          setting: worker.operationsPortSetting ?? '',
          host: listenHost(settings, worker),
          port: settings.ingestOperationsPort === null ? 0 : settings.ingestOperationsPort + worker.nth,
          worker: worker.name,
        }))
      const chosen = await choosePorts([...shared, ...own])
      for (const { name } of shared) ports.set(name, chosen.get(name) ?? 0)
      for (const { name, worker } of own) operationsPorts.set(worker, chosen.get(name) ?? 0)
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
