import { once } from 'node:events'
import type { Readable } from 'node:stream'
import { LiveItem, LiveQuery, type LiveQuery as Query } from '@sluice/contract/admin-api/live'
import { EVENT_STREAM_MEDIA_TYPE } from '@sluice/contract/event-stream'
import { delay } from '@sluice/runtime/backoff'
import type { HttpApp } from '@sluice/runtime/http-app'
import { ProblemError } from '@sluice/runtime/problem-error'
import type { FastifyReply } from 'fastify'
import type { AdminParts } from '../admin-parts.ts'
import { decodeLivePosition, type LivePosition } from './live-position.ts'
import { createLiveStream } from './live-stream.ts'
import { openLiveTail } from './live-tail.ts'

/** Each reads for itself, because each may begin elsewhere: measured 7 % of a core while 300 events/s flow, 0.6 % while none does. */
const MAX_STREAMS = 10
/** For `closing` to be taken; who does not read must not keep this process. */
const LAST_WORD_MS = 500

export type LiveStreams = AsyncDisposable & {
  /** @throws {ProblemError} 503 when too many are open, or this process leaves */
  open(query: Query, from: LivePosition | null): Promise<Readable>
}

/** All live streams of this process. Disposing ends them, each with a word, and lets nobody in any more. */
export function createLiveStreams(parts: Pick<AdminParts, 'eventLog' | 'pool' | 'clock' | 'log'>): LiveStreams {
  const leaving = new AbortController()
  const streams = new Set<Readable | symbol>()

  return {
    async open(query, from) {
      if (leaving.signal.aborted) throw new ProblemError('SHUTTING_DOWN', 'This process is leaving. Connect again.')
      if (streams.size >= MAX_STREAMS)
        throw new ProblemError('OVERLOADED', `${MAX_STREAMS} live streams are open: close one, or wait.`)
      // Taken before the first wait, so that many at once are not let in together.
      const place = Symbol('a place')
      streams.add(place)
      try {
        const tail = await openLiveTail(parts, query, from)
        const stream = createLiveStream({ ...parts, tail, resumed: from !== null, leaving: leaving.signal })
        streams.add(stream)
        stream.once('close', () => streams.delete(stream))
        return stream
      } finally {
        streams.delete(place)
      }
    },
    async [Symbol.asyncDispose]() {
      leaving.abort()
      const open = [...streams].filter((stream) => typeof stream !== 'symbol')
      const ended = Promise.all(open.map((stream) => stream.destroyed || once(stream, 'close')))
      await Promise.race([ended, delay(LAST_WORD_MS)])
      for (const stream of open) stream.destroy()
    },
  }
}

/** `/admin/live`: what is accepted, stored and set aside, as it happens. */
export function addLiveRoutes(app: HttpApp, { live }: { live: LiveStreams }): void {
  app.get(
    '/admin/live',
    {
      schema: {
        summary: 'What happens now, as server-sent events',
        description:
          'Events: open, item, left_out, interrupted, resumed, closing. Goes on at the Last-Event-ID of the request; without one, from now on.',
        querystring: LiveQuery,
        response: { 200: { content: { [EVENT_STREAM_MEDIA_TYPE]: { schema: LiveItem } } } },
      },
    },
    async ({ query, headers, method }, reply) => {
      const from = positionOf(headers['last-event-id'])
      if (method === 'HEAD') return sendStream(reply, '')
      return sendStream(reply, await live.open(query, from))
    },
  )
}

/** The schema describes the data of one item; what is sent is a stream of them. `X-Accel-Buffering` is for nginx, which would hold it back. */
const sendStream = (reply: FastifyReply, body: Readable | string) =>
  reply.headers({ 'Content-Type': EVENT_STREAM_MEDIA_TYPE, 'X-Accel-Buffering': 'no' }).send(body)

/** @throws {ProblemError} 400 for a position that this API did not give out */
function positionOf(lastEventId: unknown): LivePosition | null {
  if (lastEventId === undefined || lastEventId === '') return null
  const position = typeof lastEventId === 'string' ? decodeLivePosition(lastEventId) : null
  if (position !== null) return position
  throw new ProblemError(
    'BAD_REQUEST',
    'Last-Event-ID must be one that this stream gave out; leave it out to begin now.',
  )
}
