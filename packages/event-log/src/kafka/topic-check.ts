import type { Admin } from '@platformatic/kafka'
import { delay } from '@sluice/runtime/backoff'
import { errorFields } from '@sluice/runtime/error-fields'
import type { Logger } from '@sluice/runtime/logger'
import { LogUnavailableError } from '#src/event-log.ts'
import { ask } from './ask.ts'
import { createTopics } from './create-topics.ts'
import { judgeTopics, MAKE_TOPICS } from './judge-topics.ts'
import { readTopicFacts } from './topic-facts.ts'

/** Whether the platform's topics are there. */
export interface TopicCheck {
  /** @throws {LogUnavailableError} they are not, or it is not known yet */
  passed(): void
  close(): void
}

const ANSWER_LIMIT_MS = 3_500
/** A process whose engine is late is ready soon after it came. */
const AGAIN_MS = 1_000
const VISIBLE_PAUSE_MS = 50
/** A person has to act: saying so more often helps nobody. */
const SAY_AGAIN_MS = 60_000

/**
 * Looks for topics now, and again until they are there; makes those that are missing if it may. What is odd about them
 * is said once. Resolves after the first look, whatever it found.
 */
export async function startTopicCheck({
  admin,
  topics,
  create,
  retentionMs,
  log,
}: {
  admin: Admin
  /** How many partitions each has. */
  topics: Readonly<Record<string, number>>
  create: boolean
  retentionMs: number
  log: Logger
}): Promise<TopicCheck> {
  const closed = new AbortController()
  let missing: LogUnavailableError | null = new LogUnavailableError('the topics were not looked for yet')
  let saidAt = -SAY_AGAIN_MS

  const look = async (signal: AbortSignal): Promise<LogUnavailableError | null> => {
    const names = Object.keys(topics)
    let facts = await readTopicFacts(admin, names)
    const lacking = names.filter((name) => !facts.has(name))
    if (lacking.length > 0 && create) {
      const making = Object.entries(topics).filter(([name]) => lacking.includes(name))
      await createTopics(admin, Object.fromEntries(making), retentionMs)
      log.info('log.topics_created', { topics: lacking, retention_ms: retentionMs })
      // Brokers hear of new topics a moment after they were made.
      while (facts.size < names.length && !signal.aborted) {
        await delay(VISIBLE_PAUSE_MS, signal)
        facts = await readTopicFacts(admin, names)
      }
    }
    const left = names.filter((name) => !facts.has(name))
    if (left.length > 0) return new LogUnavailableError(`no ${left.join(', no ')} in Kafka: ${MAKE_TOPICS}`)
    for (const { state, ...finding } of judgeTopics(topics, facts)) if (state !== 'ok') log.warn('log.topic', finding)
    return null
  }
  const round = async () => {
    try {
      missing = await ask('looking for the topics', ANSWER_LIMIT_MS, look)
    } catch (error) {
      missing = error as LogUnavailableError
    }
    if (missing === null || performance.now() - saidAt < SAY_AGAIN_MS) return
    saidAt = performance.now()
    if (missing.cause === undefined) log.error('log.topics_missing', errorFields(missing))
    else log.warn('log.unchecked', errorFields(missing))
  }
  const untilThere = async () => {
    while (missing !== null && !closed.signal.aborted) {
      await delay(AGAIN_MS, closed.signal)
      if (!closed.signal.aborted) await round()
    }
  }

  await round()
  void untilThere()
  return {
    passed() {
      if (missing !== null) throw missing
    },
    close: () => closed.abort(),
  }
}
