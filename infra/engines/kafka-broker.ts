import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Engine } from './engine.ts'
import { openEngine } from './engine-process.ts'
import { type KafkaFiles, LOG_SETTINGS } from './kafka-files.ts'
import { type BrokerPlan, kafkaProperties } from './kafka-properties.ts'
import { answersApiVersions } from './kafka-ready.ts'

export type BrokerOptions = {
  files: KafkaFiles
  plan: BrokerPlan
  /** The plans of the whole cluster, this one included. */
  plans: readonly BrokerPlan[]
  /** 16 bytes in base64url, the same in the whole cluster. */
  clusterId: string
  /** Heap limit as Java wants it. */
  heap: string
  /** More switches for the JVM. */
  jvm: readonly string[]
  stopTimeoutMs?: number
}

/** Opens one broker with its controller. */
export function openBroker({
  files,
  plan,
  plans,
  clusterId,
  heap,
  jvm,
  stopTimeoutMs,
}: BrokerOptions): Promise<Engine> {
  return openEngine({
    name: `kafka-${plan.nodeId}`,
    prepare: (folder) => format(folder, { plan, plans, clusterId }),
    command: (folder) => ({
      program: files.java,
      args: [
        ...jvm,
        // The fast compiler alone and the simple collector: a broker for tests lives for seconds.
        ...['-Xms64m', `-Xmx${heap}`, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'],
        ...[`-Dlog4j2.configurationFile=file:${LOG_SETTINGS}`, '-cp', files.classPath, 'kafka.Kafka'],
        join(folder, 'server.properties'),
      ],
    }),
    isReady: () => answersApiVersions(plan.port),
    stopSignal: 'SIGTERM',
    endSignal: 'SIGKILL',
    ...(stopTimeoutMs === undefined ? {} : { stopTimeoutMs }),
    // A killed broker comes back only when its old registration has expired; and the machine may be busy.
    startTimeoutMs: 180_000,
  })
}

/**
 * What `kafka-storage format` leaves for a quorum that is named in the settings, without the 1 to 4 s of its JVM: the broker takes
 * its metadata version from its own release when no `bootstrap.checkpoint` lies there.
 */
function format(folder: string, { plan, plans, clusterId }: Pick<BrokerOptions, 'plan' | 'plans' | 'clusterId'>): void {
  const dataDir = join(folder, 'data')
  mkdirSync(dataDir)
  const directoryId = randomBytes(16).toString('base64url')
  writeFileSync(
    join(dataDir, 'meta.properties'),
    `version=1\ncluster.id=${clusterId}\nnode.id=${plan.nodeId}\ndirectory.id=${directoryId}\n`,
  )
  writeFileSync(join(folder, 'server.properties'), kafkaProperties(plan, plans, dataDir))
}
