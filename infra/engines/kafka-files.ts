import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EngineError } from './engine.ts'
import { findProgram } from './find-program.ts'

const CACHE = fileURLToPath(new URL('../../.cache', import.meta.url))
const POM = fileURLToPath(new URL('kafka/pom.xml', import.meta.url))
export const LOG_SETTINGS = fileURLToPath(new URL('kafka/log4j2.xml', import.meta.url))

export type KafkaFiles = {
  java: string
  /** For `-cp`. */
  classPath: string
  /** How the names of files begin that are made from this set of jars. */
  archiveBase: string
}

/** One download per process, however many brokers start together. */
let fetching: Promise<KafkaFiles> | undefined

/**
 * Apache Kafka as `kafka/pom.xml` names it: 93 jars, 54 MB, brought by Maven into `.cache/` once for each pom.
 * @throws {EngineMissingError} without Java or, when the jars are not there yet, Maven
 * @throws {EngineError} when Maven fails; a retry may help (network)
 */
export function findKafka(): Promise<KafkaFiles> {
  fetching ??= fetchKafka()
  // Without a network now does not mean without one later.
  fetching.catch(() => {
    fetching = undefined
  })
  return fetching
}

async function fetchKafka(): Promise<KafkaFiles> {
  const java = findProgram('java', 'openjdk-17-jre-headless')
  const version = createHash('sha256').update(readFileSync(POM)).digest('hex').slice(0, 12)
  const folder = join(CACHE, `kafka-${version}`)
  if (!existsSync(folder)) await download(folder)
  return { java, classPath: join(folder, '*'), archiveBase: join(CACHE, `kafka-${version}`) }
}

/** Into a folder beside the wanted one that is then renamed: what is there is whole, also when two do this together. */
async function download(folder: string): Promise<void> {
  const maven = findProgram('mvn', 'maven')
  mkdirSync(CACHE, { recursive: true })
  const draft = mkdtempSync(`${folder}.draft-`)
  try {
    process.stderr.write('engines: fetching the jars of Apache Kafka (54 MB) …\n')
    const args = ['-q', '-B', '-f', POM, 'dependency:copy-dependencies', `-DoutputDirectory=${draft}`]
    const child = spawn(maven, args, { stdio: ['ignore', 2, 2] })
    const [status] = (await once(child, 'exit')) as [number | null]
    if (status !== 0) throw new EngineError('Maven could not fetch Apache Kafka; see its lines above and try again')
    if (!existsSync(folder)) renameSync(draft, folder)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}
