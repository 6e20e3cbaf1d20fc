import { IS_LONG } from './faults/how-long.ts'
import { openFullStack } from './full-stack.ts'
import type { Life } from './life.ts'
import { openSluiceDev, type PartName } from './sluice-dev.ts'
import { type Stack, type StackKind, stackOf } from './stack.ts'

/** The full stack can be started where the engines are, which is said by these two; it then opens engines of its own. */
const HAS_ENGINES = Boolean(process.env.KAFKA_BROKERS) && Boolean(process.env.REDIS_ADDR)

/** The stacks on which a journey or a fault is to run here. What that leaves out is said at the end of `npm test`. */
export const STACKS: readonly StackKind[] = HAS_ENGINES ? ['embedded', 'full'] : ['embedded']

/**
 * For what takes long and hardly depends on the engines: `npm test` runs it on the fullest stack that there is, a long run on each.
 */
export const FULLEST_STACK: readonly StackKind[] = IS_LONG ? STACKS : STACKS.slice(-1)

/** Starts the stack and waits until every part is ready; ends it and deletes its data when the test is over. */
export function openStack(t: Life, kind: StackKind, env: Record<string, string> = {}): Promise<Stack> {
  return kind === 'full' ? openFullStack(t, { env }) : openEmbeddedStack(t, env)
}

/** Log, gate and store in one database, which the supervisor brings along. */
async function openEmbeddedStack(t: Life, env: Record<string, string>): Promise<Stack> {
  const life = new AsyncDisposableStack()
  t.after(() => life.disposeAsync())
  const dev = await openSluiceDev(t, life, env)
  const base = stackOf(dev, { DATABASE_URL: dev.first.database_url })
  return {
    ...base,
    kind: 'embedded',
    victims: ['ingest', 'processor', 'postgres'],
    crash: (name) => base.crash(name as PartName),
    stopLog: () => dev.stopPart('postgres'),
    startLog: () => dev.startPart('postgres'),
    forgetKeys: async () => void (await base.sql('TRUNCATE gate_claims')),
  }
}
