import { createHash, randomBytes } from 'node:crypto'
import { existsSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs'
import { findFreePort } from '@sluice/runtime/free-port'
import { openBroker } from './kafka-broker.ts'
import type { KafkaFiles } from './kafka-files.ts'

/** Writing the archive on a busy machine: 8 s were seen. */
const STOP_LIMIT_MS = 60_000

/** One at a time in this process. */
let making: Promise<string | null> | undefined

/**
 * The switch with which a broker loads its classes from an archive: half the processor time of a start (3.1 s instead of 5.6 s) and
 * 2.9 s instead of 7.9 s to the first answer on two busy cores. The archive belongs to one set of jars and one Java, and is made
 * once, by a broker of its own. A JVM that does not like it starts without it.
 */
export async function classArchive(files: KafkaFiles): Promise<readonly string[]> {
  making ??= makeOnce(files)
  const archive = await making
  return archive === null ? [] : [`-XX:SharedArchiveFile=${archive}`]
}

async function makeOnce(files: KafkaFiles): Promise<string | null> {
  const java = realpathSync(files.java)
  const javaMark = createHash('sha256')
    .update(`${java} ${statSync(java).mtimeMs}`)
    .digest('hex')
    .slice(0, 8)
  const archive = `${files.archiveBase}-${javaMark}.jsa`
  if (existsSync(archive)) return archive
  process.stderr.write('engines: preparing a fast start of Kafka (once, some 15 s) …\n')
  const draft = `${archive}.draft-${process.pid}`
  const plan = { nodeId: 1, port: await findFreePort(), controllerPort: await findFreePort() }
  const clusterId = randomBytes(16).toString('base64url')
  const jvm = [`-XX:ArchiveClassesAtExit=${draft}`, '-Xlog:cds=off', '-Xlog:cds+dynamic=off']
  try {
    const broker = await openBroker({
      ...{ files, plan, plans: [plan], clusterId, heap: '384m', jvm, stopTimeoutMs: STOP_LIMIT_MS },
    })
    // In order: the archive is written by a JVM that leaves.
    await broker.stop()
    await broker[Symbol.asyncDispose]()
    if (!existsSync(draft)) {
      process.stderr.write(
        'engines: this Java wrote no archive of classes; brokers start without one, some seconds slower\n',
      )
      return null
    }
    renameSync(draft, archive)
  } finally {
    rmSync(draft, { force: true })
  }
  return archive
}
