import type { Engine } from '@sluice/infra/engines/engine'
import { type KafkaCluster, type KafkaOptions, openKafka } from '@sluice/infra/engines/kafka-cluster'
import { openPostgres, type PostgresServer } from '@sluice/infra/engines/postgres-server'
import { openRedis, type RedisOptions, type RedisServer } from '@sluice/infra/engines/redis-server'
import type { Life } from './life.ts'
import { openSluiceDev, type PartName } from './sluice-dev.ts'
import { type Stack, stackOf } from './stack.ts'

/** A stack with engines of its own, which a test may kill, stall and bring back. */
export type FullStack = Stack & { kafka: KafkaCluster; redis: RedisServer; postgres: PostgresServer }

export type FullStackOptions = {
  env?: Record<string, string>
  kafka?: KafkaOptions
  redis?: RedisOptions
}

/** Starts Kafka, Redis, PostgreSQL and the platform on them; ends all and deletes their data when the test is over. */
export async function openFullStack(t: Life, options: FullStackOptions = {}): Promise<FullStack> {
  const life = new AsyncDisposableStack()
  t.after(() => life.disposeAsync())
  // Side by side. Should one fail, the others end with this process at the latest.
  const [kafka, redis, postgres] = await Promise.all([
    openKafka(options.kafka).then((engine) => life.use(engine)),
    openRedis(options.redis).then((engine) => life.use(engine)),
    openPostgres().then((engine) => life.use(engine)),
  ])
  const settings = {
    KAFKA_BROKERS: kafka.proxiedBootstrap ?? kafka.bootstrap,
    REDIS_ADDR: redis.address,
    DATABASE_URL: await postgres.createDatabase('sluice'),
  }
  const dev = await openSluiceDev(t, life, { ...settings, ...options.env })
  const base = stackOf(dev, settings)
  const [broker] = kafka.brokers
  const engines: Record<string, Engine> = { kafka: broker, redis, postgres }
  return {
    ...base,
    ...{ kind: 'full', kafka, redis, postgres },
    victims: ['ingest', 'processor', 'postgres', 'redis', 'kafka'],
    async crash(name) {
      const engine = engines[name]
      if (engine === undefined) return base.crash(name as PartName)
      await engine.kill()
      await engine.start()
    },
    stopLog: () => broker.stop(),
    startLog: () => broker.start(),
    forgetKeys: () => redis.flush(),
  }
}
