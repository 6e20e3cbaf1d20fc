import { type Pool, withClient } from '@sluice/runtime/postgres'
import type { InTurn } from '@sluice/runtime/turns'
import { withinLimit } from '@sluice/runtime/within-limit'
import type { QueryConfig, QueryResultRow } from 'pg'
import { GateUnavailableError } from '../gate.ts'

const atOnce: InTurn = (work) => work()

/**
 * The rows of one statement, within `limitMs` whatever pool, link and server do. A connection that did not answer is
 * destroyed; what it was asked may still be executed.
 * @param inTurn for statements whose order counts; what they wait for each other is part of the limit
 * @throws {GateUnavailableError} with the driver's error as its cause
 */
export async function queryWithin<Row extends QueryResultRow>(
  pool: Pool,
  limitMs: number,
  query: QueryConfig & { name: string },
  inTurn: InTurn = atOnce,
): Promise<Row[]> {
  const ask = (over: AbortSignal) =>
    withClient(pool, async (client) => {
      // Nobody waits any more: a connection that became free only now goes back as it came.
      if (over.aborted) return []
      const { promise: late, reject } = Promise.withResolvers<never>()
      over.addEventListener('abort', () => reject(over.reason), { once: true })
      const { rows } = await Promise.race([client.query<Row>(query), late])
      return rows
    })
  try {
    return await withinLimit(limitMs, (over) => inTurn(async () => (over.aborted ? [] : ask(over))))
  } catch (error) {
    throw new GateUnavailableError(`asking PostgreSQL: ${query.name}`, { cause: error })
  }
}
