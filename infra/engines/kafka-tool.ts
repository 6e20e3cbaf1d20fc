import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { findKafka } from './kafka-files.ts'

const execFileAsync = promisify(execFile)

/** Kafka's own command-line tools, by class. */
export const KAFKA_TOOLS = {
  topics: 'org.apache.kafka.tools.TopicCommand',
  groups: 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  configs: 'kafka.admin.ConfigCommand',
} as const

/**
 * Runs one of Kafka's own tools and returns what it printed: a witness that shares no code with ours. Costs 1 to 3 s, a JVM each time.
 * @throws an Error with the tool's words when it ends with another status than 0
 */
export async function runKafkaTool(tool: keyof typeof KAFKA_TOOLS, args: readonly string[]): Promise<string> {
  const { java, classPath } = await findKafka()
  const jvm = ['-Xmx128m', '-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-cp', classPath]
  const { stdout } = await execFileAsync(java, [...jvm, KAFKA_TOOLS[tool], ...args], { timeout: 180_000 })
  return stdout
}
