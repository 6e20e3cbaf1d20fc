import { type Pool, withClient } from '@sluice/runtime/postgres'
import type { QueryConfig, QueryResultRow } from 'pg'
import { GateUnavailableError } from './gate.ts'

/**
 * The rows of one statement, within `limitMs` whatever pool, link and server do. A connection that did not answer is
 * destroyed; what it was asked may still be executed.
 * @throws {GateUnavailableError} with the driver's error as its cause
 */
export async function queryWithin<Row extends QueryResultRow>(
  pool: Pool,
  limitMs: number,
  query: QueryConfig & { name: string },
): Promise<Row[]> {
  let isLate = false
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const end = () => {
      isLate = true
      reject(new Error(`no answer within ${limitMs} ms`))
    }
    // A process that was held up finds timer and answer together, the timer first: what has arrived is looked at before it counts.
    timer = setTimeout(() => setImmediate(end), limitMs)
  })
  const answer = withClient(pool, async (client) => {
    // Nobody waits any more: a connection that became free only now goes back as it came.
    if (isLate) return []
    const { rows } = await Promise.race([client.query<Row>(query), late])
    return rows
  })
  try {
    return await Promise.race([answer, late])
  } catch (error) {
    throw new GateUnavailableError(`asking PostgreSQL: ${query.name}`, { cause: error })
  } finally {
    clearTimeout(timer)
  }
}
