import type { Pool, PoolClient } from '@sluice/runtime/postgres'
import { isOutcomeUnknown, sqlStateOf } from '@sluice/runtime/sql-state'
import { type AppendOutcome, type AppendRecord, LogUnavailableError } from '#src/event-log.ts'
import type { Route } from '#src/partition-lanes.ts'
import { refuseTooLarge } from '#src/record-size.ts'
import type { Topics } from './topics.ts'

/** 4 s for the whole append (reliability.md 4); the server's own limit of 3 s for a statement comes first if it can. */
export const APPEND_BUDGET_MS = 4_000

/** What log_append raises when a partition is gone: its topic was deleted, perhaps made again. */
const PARTITION_GONE = 'SL001'

type Call =
  | { type: 'done'; bases: readonly string[] }
  | { type: 'partition_gone' }
  | Exclude<AppendOutcome, { type: 'done' }>

/** Appends by one autocommitted function call, so that no lock outlives a client that is slow, stopped or dead. */
export function createAppend({
  pool,
  topics,
  maxRecordBytes,
  budgetMs,
  announce,
}: {
  pool: Pool
  topics: Topics
  maxRecordBytes: number
  budgetMs: number
  /** Told after COMMIT that a topic has something new. */
  announce: (topic: string) => void
}): (topic: string, records: readonly AppendRecord[]) => Promise<readonly AppendOutcome[]> {
  const appendOnce = async (
    name: string,
    records: readonly AppendRecord[],
    deadline: Promise<void>,
    mayRetry: boolean,
  ) => {
    const same = (outcome: AppendOutcome) => records.map(() => outcome)
    const topic = await findInTime(topics, name, deadline)
    if (topic instanceof LogUnavailableError) return same({ type: 'refused', error: topic })
    const route = topic.lanes.route(records)
    try {
      const call = await callAppend(pool, `appending ${records.length} records to ${name}`, deadline, () =>
        appendArguments(topic.partitionIds, route, records),
      )
      if (call.type === 'partition_gone') {
        topics.forget(name)
        if (mayRetry) return appendOnce(name, records, deadline, false)
        return same({ type: 'refused', error: new LogUnavailableError(`topic ${name} is being made again`) })
      }
      if (call.type !== 'done') return same(call)
      announce(name)
      return placeRecords(route, call.bases, records.length)
    } finally {
      route.done()
    }
  }

  return async (name, records) => {
    const { fitting, merge } = refuseTooLarge(records, maxRecordBytes)
    if (fitting.length === 0) {
      await topics.find(name).catch(throwUnlessAway)
      return merge([])
    }
    const { promise: deadline, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, budgetMs)
    try {
      return merge(await appendOnce(name, fitting, deadline, true))
    } finally {
      clearTimeout(timer)
    }
  }
}

function throwUnlessAway(error: unknown): LogUnavailableError {
  if (error instanceof LogUnavailableError) return error
  throw error
}

async function findInTime(topics: Topics, name: string, deadline: Promise<void>) {
  const found = topics.find(name).catch(throwUnlessAway)
  return (await Promise.race([found, deadline])) ?? new LogUnavailableError(`no time left to look up topic ${name}`)
}

/** Until the statement is handed to the connection it is provably not written; from then on only the server's word counts. */
async function callAppend(
  pool: Pool,
  purpose: string,
  deadline: Promise<void>,
  makeArguments: () => readonly unknown[],
): Promise<Call> {
  const connecting = pool.connect()
  let client: PoolClient | undefined
  try {
    client = (await Promise.race([connecting, deadline])) ?? undefined
  } catch (cause) {
    return { type: 'refused', error: new LogUnavailableError(purpose, { cause }) }
  }
  if (!client) {
    connecting.then((late) => late.release()).catch(() => {})
    return { type: 'refused', error: new LogUnavailableError(`${purpose}: no connection in time`) }
  }
  let fault: Error | undefined
  try {
    const answer = await Promise.race([
      client.query<{ bases: string[] }>({
        name: 'log_append',
        text: 'SELECT log_append($1, $2, $3, $4, $5, $6, $7) AS bases',
        values: [...makeArguments()],
      }),
      deadline,
    ])
    if (answer) return { type: 'done', bases: answer.rows[0]?.bases ?? [] }
    fault = new Error('no answer in time')
    return { type: 'unknown', error: new LogUnavailableError(`${purpose}: no answer in time`) }
  } catch (cause) {
    if (sqlStateOf(cause) === PARTITION_GONE) return { type: 'partition_gone' }
    const unknown = isOutcomeUnknown(cause)
    if (unknown) fault = cause instanceof Error ? cause : new Error(String(cause))
    return { type: unknown ? 'unknown' : 'refused', error: new LogUnavailableError(purpose, { cause }) }
  } finally {
    client.release(fault)
  }
}

/** The arguments of log_append. All values travel in one piece: half the cost of an array of them from 200 on. */
function appendArguments(partitionIds: readonly number[], route: Route, records: readonly AppendRecord[]): unknown[] {
  const ordered = route.parts.flatMap(({ indexes }) => indexes.map((index) => records[index] as AppendRecord))
  const starts: number[] = []
  let next = 1
  for (const { value } of ordered) {
    starts.push(next)
    next += value.length
  }
  const keys = ordered.some((record) => record.key !== null) ? ordered.map((record) => record.key) : null
  const headers = ordered.map((record) => headersText(record.headers))
  return [
    intArray(route.parts.map(({ partition }) => partitionIds[partition])),
    intArray(route.parts.map(({ indexes }) => indexes.length)),
    keys,
    headers.some((text) => text !== null) ? headers : null,
    Buffer.concat(ordered.map((record) => record.value)),
    intArray(starts),
    intArray(ordered.map((record) => record.value.length)),
  ]
}

const intArray = (numbers: readonly (number | undefined)[]) => `{${numbers.join(',')}}`

function headersText(headers: AppendRecord['headers']): string | null {
  const text = JSON.stringify(headers)
  return text === '{}' ? null : text
}

function placeRecords(route: Route, bases: readonly string[], count: number): AppendOutcome[] {
  const outcomes = new Array<AppendOutcome>(count)
  route.parts.forEach(({ partition, indexes }, part) => {
    const base = BigInt(bases[part] ?? '')
    indexes.forEach((index, place) => {
      outcomes[index] = { type: 'done', partition, offset: base + BigInt(place) }
    })
  })
  return outcomes
}
