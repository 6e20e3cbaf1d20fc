import type { Engine } from './engine.ts'
import { openKafka } from './kafka-cluster.ts'
import { openPostgres } from './postgres-server.ts'
import { openRedis } from './redis-server.ts'

/** All engines of the full stack, and how the platform is told of them. */
export type EngineSet = AsyncDisposable & {
  engines: readonly Engine[]
  settings: { KAFKA_BROKERS: string; REDIS_ADDR: string; DATABASE_URL: string }
}

/** Opens Kafka, Redis and PostgreSQL side by side; when one fails, what was opened is gone again. */
export async function openEngineSet(options: { brokers: 1 | 3 }): Promise<EngineSet> {
  await using opened = new AsyncDisposableStack()
  const keep = <T extends AsyncDisposable>(engine: T): T => opened.use(engine)
  const starts = await Promise.allSettled([
    openKafka(options).then(keep),
    openRedis().then(keep),
    openPostgres().then(keep),
  ] as const)
  const [kafka, redis, postgres] = starts
  if (kafka.status === 'rejected') throw kafka.reason
  if (redis.status === 'rejected') throw redis.reason
  if (postgres.status === 'rejected') throw postgres.reason
  const life = opened.move()
  return {
    engines: [...kafka.value.brokers, redis.value, postgres.value],
    settings: {
      KAFKA_BROKERS: kafka.value.bootstrap,
      REDIS_ADDR: redis.value.address,
      DATABASE_URL: postgres.value.url,
    },
    [Symbol.asyncDispose]: () => life.disposeAsync(),
  }
}
