import pg from 'pg'
import { delay } from './backoff.ts'
import { SluiceError } from './errors.ts'
import type { Logger } from './logger.ts'
import { isOutcomeUnknown, sqlStateOf } from './sql-state.ts'

export type Pool = pg.Pool
export type PoolClient = pg.PoolClient

export type PoolOptions = {
  url: string
  max: number
  /** Shown by `pg_stat_activity`. */
  applicationName: string
  statementTimeoutMs: number
  lockTimeoutMs: number
  /** How long the client waits for an answer: the server's own limits do not help on a hung link. */
  queryTimeoutMs?: number
  synchronousCommit?: 'on' | 'off'
  /** Further settings of each session, by name. */
  settings?: Readonly<Record<string, string>>
  log: Pick<Logger, 'warn'>
}

const JSON_TYPE = 114
const JSONB_TYPE = 3802

/** JSON is handed over as text: parsing would change numbers. Everything else as `pg` does it. */
const TYPES: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === JSON_TYPE || oid === JSONB_TYPE
      ? (text: string) => text
      : pg.types.getTypeParser(oid, format as 'text')) as pg.CustomTypesConfig['getTypeParser'],
}

/**
 * A pool of connections whose every wait has a limit: 2 s to connect, `queryTimeoutMs` (10 s) for an answer, and the
 * server's own for statements, locks and idle transactions. Connects on first use. Disposing it is `closePool`.
 * int8 and numeric come as text, timestamptz as Date (which loses microseconds: select it as text where they count),
 * json and jsonb as text.
 */
export function openPool(options: PoolOptions): Pool & AsyncDisposable {
  const { max, applicationName, statementTimeoutMs, lockTimeoutMs, log } = options
  const pool = new pg.Pool({
    ...connectionOptions(options),
    max,
    application_name: applicationName,
    connectionTimeoutMillis: 2_000,
    query_timeout: options.queryTimeoutMs ?? 10_000,
    statement_timeout: statementTimeoutMs,
    lock_timeout: lockTimeoutMs,
    idle_in_transaction_session_timeout: 10_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000, // the system's own two hours are too long to notice a dead link
    types: TYPES,
  })
  // Both fire when a connection breaks: the pool's for an idle one, the client's for one in use. Without a listener the
  // process dies. The statement under way fails by itself, so only the idle one is news.
  pool.on('error', (error) => log.warn('postgres.connection_lost', { error: error.message }))
  const clients = new Set<PoolClient>()
  pool.on('connect', (client) => {
    client.on('error', () => {})
    clients.add(client)
  })
  pool.on('remove', (client) => clients.delete(client))
  openClients.set(pool, clients)
  return Object.assign(pool, { [Symbol.asyncDispose]: () => closePool(pool) })
}

/**
 * Settings of each session travel in its first packet: they hold before the first statement and cost no round trip. `options`
 * of the URL come before ours; left in the URL, they would replace ours.
 */
function connectionOptions({ url, synchronousCommit, settings }: PoolOptions): pg.PoolConfig {
  const all = { ...settings, ...(synchronousCommit === undefined ? {} : { synchronous_commit: synchronousCommit }) }
  const ours = Object.entries(all).map(([name, value]) => `-c ${name}=${value.replace(/[\\ ]/g, '\\$&')}`)
  if (ours.length === 0 || !URL.canParse(url)) return { connectionString: url, options: ours.join(' ') }
  const parsed = new URL(url)
  const theirs = parsed.searchParams.get('options') ?? ''
  parsed.searchParams.delete('options')
  return { connectionString: parsed.href, options: `${theirs} ${ours.join(' ')}`.trim() }
}

const openClients = new WeakMap<Pool, Set<PoolClient>>()
const closing = new WeakMap<Pool, Promise<void>>()

/** 3 s of the 15 s that a process has for leaving: longer than a statement that is about to end, shorter than one that hangs. */
const CLOSE_LIMIT_MS = 3_000
/** What a process that leaves gives to what it has in hand, ms: reliability.md 7. */
const IN_HAND_MS = 8_000
/** What fails because its connection was cut off gives its client back within this, ms. */
const GIVE_BACK_MS = 100

/** Closes a pool; what is still in use after 3 s, or after `limitMs`, is cut off. May be called twice: both wait for the same end. */
export function closePool(pool: Pool, limitMs = CLOSE_LIMIT_MS): Promise<void> {
  const already = closing.get(pool)
  if (already !== undefined) return already
  const closed = endPool(pool, limitMs)
  closing.set(pool, closed)
  return closed
}

/**
 * Cuts off, 8 s after the wish to stop, what a process still has in hand: whoever waits for a server that stands still then hears of
 * it and leaves in time.
 */
export function closePoolInTime(pool: Pool, stopping: AbortSignal): void {
  stopping.addEventListener('abort', () => {
    setTimeout(() => void closePool(pool, 0), IN_HAND_MS).unref()
  })
}

async function endPool(pool: Pool, limitMs: number): Promise<void> {
  const clients = openClients.get(pool) ?? new Set()
  const allGone = Promise.withResolvers<void>()
  const checkGone = () => clients.size === 0 && allGone.resolve()
  pool.on('remove', checkGone)
  let isEnded = false
  const cutOff = async () => {
    // Once for idle ones that say their goodbye; again while there are others: a connection that is being made is in use a moment later.
    do {
      const cut = [...clients]
      // A server that is stopped never answers a goodbye.
      for (const client of cut) streamOf(client)?.destroy()
      await delay(GIVE_BACK_MS)
      for (const client of cut) release(client, new Error('the pool was closed'))
    } while (!isEnded)
    allGone.resolve()
  }
  const cut = setTimeout(() => void cutOff(), limitMs)
  await pool.end()
  isEnded = true
  checkGone()
  await allGone.promise
  clearTimeout(cut)
}

/** `pg` keeps its socket out of its types. */
const streamOf = (client: PoolClient) =>
  (client as { connection?: { stream?: { destroy(): void } } }).connection?.stream

/** COMMIT ended in a rollback, because a statement had failed and `work` went on as if it had not. Nothing was written. */
export class TransactionRolledBackError extends SluiceError {
  override readonly name = 'TransactionRolledBackError'
  readonly code = 'TRANSACTION_ROLLED_BACK'
  readonly retryable = false
}

/**
 * Lends a client. When `work` fails without a clean word of the server (time limit, lost connection, an error that is not
 * the server's) the client is destroyed: the next caller would inherit the fault.
 */
export async function withClient<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let fault: Error | undefined
  try {
    return await work(client)
  } catch (error) {
    if (isInDoubt(error)) fault = toError(error)
    throw error
  } finally {
    release(client, fault)
  }
}

/**
 * Runs `work` between BEGIN and COMMIT; the only place with either. Read committed. An error at COMMIT leaves the outcome
 * unknown (`isOutcomeUnknown`), so `work` must be something that can be done again. `work` uses only the client it is given.
 * @throws what `work` threw, after a rollback; a driver's error; TransactionRolledBackError
 */
export async function withTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let fault: Error | undefined
  try {
    await client.query('BEGIN')
    const result = await work(client)
    const { command } = await client.query('COMMIT')
    if (command !== 'COMMIT') throw new TransactionRolledBackError(`COMMIT was answered by ${command}`)
    return result
  } catch (error) {
    if (isInDoubt(error)) fault = toError(error)
    else await client.query('ROLLBACK').catch((failure: unknown) => (fault = toError(failure)))
    throw error
  } finally {
    // A client in doubt is not asked to roll back: the question could wait behind a statement that hangs. Closing does it.
    release(client, fault)
  }
}

const isInDoubt = (error: unknown): boolean => sqlStateOf(error) === null || isOutcomeUnknown(error)
const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))

function release(client: PoolClient, fault: Error | undefined): void {
  try {
    client.release(fault)
  } catch {
    // Released by a close of the pool that could not wait.
  }
}
