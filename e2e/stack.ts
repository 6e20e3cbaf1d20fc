import { eventually } from '@sluice/runtime/testing/eventually'
import pg from 'pg'
import type { DevStatus, PartName, SluiceDev } from './sluice-dev.ts'

export type StackKind = 'embedded' | 'full'

/** What can be killed: a part of the platform, or an engine under it. */
export type Victim = PartName | 'kafka' | 'redis'

/** The whole platform, started as a user starts it, on free ports and throw-away data. */
export type Stack = {
  kind: StackKind
  ingestUrl: string
  adminUrl: string
  /** What another process of ours needs to work on the same engines. */
  engineSettings: Record<string, string>
  status(): Promise<DevStatus>
  pidOf(name: PartName): Promise<number>
  /** `sluice dev stop|start <name>`, as from another terminal. */
  stopPart(name: PartName): Promise<void>
  startPart(name: PartName): Promise<void>
  victims: readonly Victim[]
  /** `kill -9`; resolves as soon as it was started again, which a part is by its supervisor. It need not be ready then. */
  crash(name: Victim): Promise<void>
  /** Takes the engine of the log away, in good order, and brings it back. */
  stopLog(): Promise<void>
  startLog(): Promise<void>
  /** The gate forgets all keys. */
  forgetKeys(): Promise<void>
  /** Rows of one statement, on a connection of its own. */
  sql<Row extends pg.QueryResultRow>(text: string, params?: unknown[]): Promise<Row[]>
}

type StackBase = Pick<
  Stack,
  'ingestUrl' | 'adminUrl' | 'engineSettings' | 'status' | 'pidOf' | 'stopPart' | 'startPart' | 'sql'
> & { crash(name: PartName): Promise<void> }

/** What every stack has. */
export function stackOf(dev: SluiceDev, engineSettings: StackBase['engineSettings']): StackBase {
  const originOf = (name: PartName) =>
    `http://127.0.0.1:${dev.first.processes.find((part) => part.name === name)?.port}`
  const pidOf = async (name: PartName) => {
    const part = (await dev.status()).processes.find((process) => process.name === name)
    if (part?.pid == null) throw new Error(`${name} does not run`)
    return part.pid
  }
  return {
    ingestUrl: originOf('ingest'),
    adminUrl: originOf('admin'),
    engineSettings,
    status: dev.status,
    stopPart: dev.stopPart,
    startPart: dev.startPart,
    pidOf,
    async crash(name) {
      // An earlier fault may have it between two lives.
      const killed = await eventually(() => pidOf(name), { message: `${name} running` })
      process.kill(killed, 'SIGKILL')
      await eventually(async () => (await pidOf(name)) !== killed, {
        pauseMs: 50,
        message: `${name} started again after it was killed`,
      })
    },
    async sql<Row extends pg.QueryResultRow>(text: string, params: unknown[] = []) {
      const client = new pg.Client({ connectionString: engineSettings.DATABASE_URL })
      await client.connect()
      try {
        return (await client.query<Row>(text, params)).rows
      } finally {
        await client.end()
      }
    },
  }
}
