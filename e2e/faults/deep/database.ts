import { EvidenceError } from '@sluice/loadgen/verify/evidence'
import pg from 'pg'

/** One statement's rows, read by a verifier of its own: JSON stays text, so that no number loses a digit. */
export type Database = AsyncDisposable & {
  rows<Row extends pg.QueryResultRow>(text: string, params?: readonly unknown[]): Promise<Row[]>
}

const JSON_TYPES: ReadonlySet<number> = new Set([114, 3802])
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    JSON_TYPES.has(oid)
      ? (text: string) => text
      : pg.types.getTypeParser(oid, format as 'text')) as pg.CustomTypesConfig['getTypeParser'],
}

/** While a fault lasts connections break: each statement is tried anew for a while, for all of them only read. */
const TRIES = 20
const RETRY_MS = 500

/** @throws {EvidenceError} from `rows`, when the database cannot be asked */
export function openDatabase(connectionString: string): Database {
  const pool = new pg.Pool({ connectionString, max: 4, types, application_name: 'sluice-deep-verify' })
  pool.on('error', () => {}) // an idle connection that breaks is replaced; the statement that needs one says so

  return {
    async rows<Row extends pg.QueryResultRow>(text: string, params: readonly unknown[] = []) {
      for (let attempt = 1; ; attempt++) {
        try {
          return (await pool.query<Row>(text, [...params])).rows
        } catch (cause) {
          if (attempt === TRIES || !isAway(cause))
            throw new EvidenceError(
              `the database does not answer (${cause instanceof Error ? cause.message : cause})`,
              {
                cause,
              },
            )
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
        }
      }
    },
    async [Symbol.asyncDispose]() {
      await pool.end()
    },
  }
}

/** No word of the server, or one that says that it is starting, stopping or full. */
function isAway(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return !/^[0-9A-Z]{5}$/.test(code) || /^(08|53|57)/.test(code)
}
