import type { StackControl } from './control-server.ts'
import type { Part } from './part.ts'
import type { PartState } from './part-state.ts'
import type { StackStatus } from './status.ts'

/** The parts of one stack, started and stopped in their order. */
export interface Supervisor extends StackControl {
  /** Starts the database and waits until it answers; resolves at once when it is not ours. */
  startDatabase(stopping: AbortSignal): Promise<void>
  /** Starts all other parts together and waits until each that may not come late is ready, or `stopping` aborts. */
  startProcesses(stopping: AbortSignal): Promise<void>
  /** Stops the processes together, then the database, which they need until their end. May be called at any time, also during a start. */
  stop(): Promise<void>
  /** Ends everything without asking. */
  kill(): void
}

/** A part that cannot be started as things are: its own lines say why. */
export class PartStartError extends Error {
  override readonly name = 'PartStartError'
  readonly part: string
  /** What it said when it could not even be launched. */
  readonly reason: string | null

  constructor(part: Part) {
    super(`${part.name} cannot be started`)
    this.part = part.name
    this.reason = part.lastExit?.error ?? null
  }
}

type SupervisorOptions = {
  /** Null when the user brings a database. */
  database: Part | null
  processes: readonly Part[]
  mayComeLate: (name: string) => boolean
  databaseUrl: () => string | null
}

export function createSupervisor({ database, processes, mayComeLate, databaseUrl }: SupervisorOptions): Supervisor {
  const parts = database === null ? processes : [database, ...processes]
  let isStopping = false

  const snapshot = (): StackStatus => ({
    ready: parts.every((part) => part.state.type === 'ready'),
    database_url: databaseUrl(),
    processes: parts.map((part) => part.status()),
  })

  async function status(): Promise<StackStatus> {
    await Promise.all(parts.map((part) => part.refresh()))
    return snapshot()
  }

  async function change(name: string, action: (part: Part) => Promise<void>): Promise<StackStatus | null> {
    const part = parts.find((candidate) => candidate.name === name)
    if (part === undefined) return null
    await action(part)
    return status()
  }

  return {
    status,
    stopPart: (name) => change(name, (part) => part.stop()),
    startPart: (name) =>
      change(name, (part) => {
        // Started now, it would be forgotten by the stop that is under way.
        if (isStopping) return Promise.resolve()
        part.start()
        // One death is answer enough for the person who waits; the tries go on.
        return part.reach((state) => isSettled(state) || state.type === 'backing_off')
      }),
    async startDatabase(stopping) {
      if (database === null) return
      database.start()
      await database.reach((state) => isSettled(state) || state.type === 'backing_off', stopping)
      if (database.state.type !== 'ready' && !stopping.aborted) throw new PartStartError(database)
    },
    async startProcesses(stopping) {
      for (const part of processes) part.start()
      const awaited = processes.filter(({ name }) => !mayComeLate(name))
      await Promise.all(awaited.map((part) => part.reach(isSettled, stopping)))
      const failed = awaited.find((part) => part.state.type === 'failed')
      if (failed !== undefined && !stopping.aborted) throw new PartStartError(failed)
    },
    async stop() {
      isStopping = true
      await Promise.all(processes.map((part) => part.stop()))
      await database?.stop()
    },
    kill() {
      for (const part of parts) part.kill()
    },
  }
}

/** Waiting longer would not change it: it is up, or somebody has to act. */
function isSettled(state: PartState): boolean {
  return state.type === 'ready' || state.type === 'failed' || state.type === 'stopped'
}
