import pg from 'pg'
import { LogUnavailableError } from '#src/event-log.ts'

export type Notification = { channel: string; payload: string }

/** One connection with a life of its own: its advisory locks live exactly as long as it does. */
export interface Session {
  readonly pid: number
  query<Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>
  /** Ends it, politely at first; within 1 s. `onLost` is not called. May be called twice. */
  close(): Promise<void>
}

export type SessionOptions = {
  url: string
  applicationName: string
  listenTo: readonly string[]
  /** No answer for this long means that the link hangs: the session is given up. */
  answerLimitMs: number
  onNotification: (notification: Notification) => void
  /** The session is gone and its locks with it, or will be. Told once. */
  onLost: (error: Error) => void
}

const CLOSE_LIMIT_MS = 1_000

/**
 * Opens a session. Commits do not wait for the disk here: only signs of life and offsets are written over it, and a lost
 * offset commit just goes back.
 * @throws {LogUnavailableError} retryable
 */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { answerLimitMs, onNotification, onLost } = options
  const client = new pg.Client({
    connectionString: options.url,
    application_name: options.applicationName,
    connectionTimeoutMillis: 2_000,
    keepAlive: true,
  })
  let over = false
  let open = false
  const giveUp = (error: Error) => {
    if (over) return
    over = true
    client.end().catch(() => {}) // with a query in hand this destroys the socket
    if (open) onLost(error)
  }
  client.on('error', giveUp)
  client.on('end', () => giveUp(new Error('the connection was closed')))
  client.on('notification', ({ channel, payload = '', processId }) => {
    if (open && processId !== pid) onNotification({ channel, payload })
  })
  let pid = 0

  const query = async <Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []) => {
    const { promise: tooLate, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      const error = new Error(`no answer within ${answerLimitMs} ms`)
      giveUp(error)
      reject(error)
    }, answerLimitMs)
    try {
      const answer = client.query<Row>(text, [...values])
      answer.catch(() => {}) // after the limit nobody listens to it
      return (await Promise.race([answer, tooLate])).rows
    } finally {
      clearTimeout(timer)
    }
  }

  try {
    await client.connect()
    await query(`SET synchronous_commit = off`)
    await query(`SET statement_timeout = ${answerLimitMs}`)
    await query(`SET lock_timeout = ${answerLimitMs}`)
    for (const channel of options.listenTo) await query(`LISTEN ${channel}`)
    const [row] = await query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
    pid = row?.pid ?? 0
    if (over) throw new Error('the connection was closed')
    open = true
  } catch (cause) {
    over = true
    client.end().catch(() => {})
    throw new LogUnavailableError('opening a session', { cause })
  }

  return {
    pid,
    query,
    async close() {
      if (over) return
      over = true
      const { promise: limit, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, CLOSE_LIMIT_MS)
      await Promise.race([client.end().catch(() => {}), limit])
      clearTimeout(timer)
    },
  }
}
