// Server-sent events: WHATWG HTML, section 9.2.

/** Media type of a stream of server-sent events. */
export const EVENT_STREAM_MEDIA_TYPE = 'text/event-stream'

/** One event as a reader has it. `id` is the last one that the stream named, null before the first. */
export type ServerSentEvent = { event: string; data: string; id: string | null }

/**
 * One event as it goes over the wire.
 * @param data text without line breaks, as JSON is
 */
export const toServerSentEvent = (event: string, data: string): string => `event: ${event}\ndata: ${data}\n\n`

/**
 * Names the place from which a reader goes on after a break, in its `Last-Event-ID`, without being an event.
 * @param id text without line breaks and NUL
 */
export const toLastEventId = (id: string): string => `id: ${id}\n\n`

/** A line that readers pass over. */
export const toComment = (text: string): string => `: ${text}\n\n`

/** Takes a stream apart. What is handed in may end anywhere, within a line or a line's end too. */
export type EventStreamParser = {
  /** The events that `text` makes complete, in order. An event that the stream breaks off in is never one. */
  push(text: string): ServerSentEvent[]
  /** What a new connection sends as `Last-Event-ID`; null while the stream named none. */
  lastEventId(): string | null
}

/** A parser for one connection. */
export function createEventStreamParser(): EventStreamParser {
  let rest = ''
  let lastId: string | null = null
  let pending = { event: '', data: [] as string[], id: null as string | null }

  function takeLine(line: string, done: ServerSentEvent[]): void {
    if (line === '') {
      lastId = pending.id ?? lastId
      if (pending.data.length > 0)
        done.push({ event: pending.event || 'message', data: pending.data.join('\n'), id: lastId })
      pending = { event: '', data: [], id: null }
      return
    }
    const colon = line.indexOf(':')
    const name = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (name === 'event') pending.event = value
    else if (name === 'data') pending.data.push(value)
    else if (name === 'id' && !value.includes('\0')) pending.id = value
  }

  return {
    push(text) {
      const done: ServerSentEvent[] = []
      // A CR at the end may be the first half of a line's end.
      const lines = (rest + text).split(/\r\n|\n|\r(?!$)/)
      rest = lines.pop() ?? ''
      for (const line of lines) takeLine(line, done)
      return done
    },
    lastEventId: () => lastId,
  }
}
