// A member of a group on the PostgreSQL log.
//
// Every heartbeat, and whenever another member says that something changed, it learns its fair share and
//   holds more  → lets the surplus go, at once; batches of it can no longer be committed
//   holds less  → takes what is free; a holder that was silent for its session timeout has its session ended
// Its own session being lost ends the consumer: with it went the locks, so others may hold the partitions already.
import { randomUUID } from 'node:crypto'
import type { Logger } from '@sluice/runtime/logger'
import type { Pool } from '@sluice/runtime/postgres'
import { createConsumerCore } from '#src/consumer-core.ts'
import { type ConsumeOptions, type Consumer, LogUnavailableError } from '#src/event-log.ts'
import { APPENDED_CHANNEL } from './announce.ts'
import { createFetch } from './fetch.ts'
import { createMembership, GROUP_CHANNEL, type Membership } from './membership.ts'
import { openSession, type Session } from './session.ts'
import type { Topic } from './topics.ts'

/** How soon to ask again for a partition whose silent holder's session was just ended. */
const TAKE_AGAIN_MS = 50

export type ConsumerSettings = {
  url: string
  pool: Pool
  topic: Topic
  options: ConsumeOptions
  /** A member silent for this long loses its partitions, in ms. */
  sessionTimeoutMs: number
  heartbeatMs: number
  /** The longest wait for a notification before reading anyway, in ms. */
  pollMs: number
  log: Pick<Logger, 'info' | 'warn'>
  /** The consumer is over, by `close` or by a failure. */
  onEnd: () => void
}

export async function openPostgresConsumer(settings: ConsumerSettings): Promise<Consumer> {
  const { topic, options, sessionTimeoutMs, log } = settings
  const unavailable = (purpose: string, cause: unknown) =>
    new LogUnavailableError(`${purpose} (${options.group} on ${topic.name})`, { cause })
  let timer: NodeJS.Timeout | undefined
  let soon: NodeJS.Timeout | undefined

  const core = createConsumerCore({
    options,
    topicGeneration: topic.generation,
    read: createFetch(settings.pool, topic, options),
    async commitPositions(positions) {
      const given = positions.map(({ holding, next }) => ({ partition: holding.partition, next }))
      await membership.commit(given).catch((cause: unknown) => {
        throw unavailable('committing offsets', cause)
      })
      return positions
    },
    pollMs: settings.pollMs,
    onFailed(error) {
      stopTimers()
      log.warn('log.consumer_lost', { topic: topic.name, group: options.group, error: describe(error) })
      void session.close()
      settings.onEnd()
    },
  })
  const stopTimers = () => {
    clearInterval(timer)
    clearTimeout(soon)
  }

  const session: Session = await openSession({
    url: settings.url,
    applicationName: `sluice-log-${options.group}`,
    listenTo: [APPENDED_CHANNEL, GROUP_CHANNEL],
    // Given up before the others may take over, so that a hung link is noticed on both sides.
    answerLimitMs: Math.max(500, Math.floor(sessionTimeoutMs * 0.7)),
    onNotification({ channel, payload }) {
      if (channel === APPENDED_CHANNEL && payload === topic.name) core.wake()
      if (channel === GROUP_CHANNEL && payload === membership.signal) void balance()
    },
    onLost: (cause) => core.end(unavailable('lost the session', cause)),
  })
  const membership: Membership = createMembership({
    session,
    topic,
    group: options.group,
    memberId: randomUUID(),
    sessionTimeoutMs,
  })
  const balance = createBalance(core, membership, topic.partitionIds.length, {
    failed: (cause) => core.end(unavailable('keeping the membership', cause)),
    again: () => {
      soon = setTimeout(() => void balance(), TAKE_AGAIN_MS)
    },
  })

  const close = once(async () => {
    const failed = core.ended()
    stopTimers()
    core.end(null)
    if (!failed) await membership.leave().catch(() => {}) // the server lets go of everything when the session ends
    await session.close()
    settings.onEnd()
  })

  try {
    await membership.join()
  } catch (cause) {
    await session.close()
    throw unavailable('joining', cause)
  }
  if (!core.ended()) timer = setInterval(() => void balance(), settings.heartbeatMs)
  void balance()
  return {
    next: () => core.next(),
    assigned: () => core.held().map((holding) => holding.partition),
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** One round at a time; asked for during a round, another one follows. */
function createBalance(
  core: ReturnType<typeof createConsumerCore>,
  membership: Membership,
  partitions: number,
  { failed, again }: { failed: (error: unknown) => void; again: () => void },
): () => Promise<void> {
  let state: 'idle' | 'running' | 'again' = 'idle'

  const round = async () => {
    const share = await membership.beat()
    if (share === null) throw new Error('the topic was deleted or made again')
    const held = core.held()
    const surplus = held.slice(share.wanted)
    if (surplus.length > 0) {
      for (const holding of surplus) core.revoke(holding)
      await membership.release(surplus.map(({ partition }) => partition))
    }
    if (held.length >= share.wanted || core.ended()) return
    const mine = new Set(held.map(({ partition }) => partition))
    const order = Array.from({ length: partitions }, (_, step) => (share.first + step) % partitions)
    const { taken, silentEnded } = await membership.take(
      order.filter((partition) => !mine.has(partition)),
      share.wanted - held.length,
    )
    core.assign(taken)
    if (silentEnded) again()
  }

  return async () => {
    if (state !== 'idle') {
      state = 'again'
      return
    }
    do {
      state = 'running'
      if (core.ended()) break
      try {
        await round()
      } catch (error) {
        if (!core.ended()) failed(error)
      }
    } while ((state as string) === 'again')
    state = 'idle'
  }
}

function once(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  return () => {
    running ??= work()
    return running
  }
}

function describe(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error ? cause.message : String(error)
}
