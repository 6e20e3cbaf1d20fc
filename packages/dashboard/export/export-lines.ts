import { csvLine } from './csv.ts'
import { EXPORTED, type ListName } from './exported-lists.ts'

/** As many rows as are worth opening in anything; whoever wants more narrows the filter, or asks the Admin API. */
export const MAX_EXPORTED_ROWS = 100_000
const PAGE_SIZE = 200

type Page = { data: readonly unknown[]; next_cursor: string | null }
export type AskPage = (asked: Record<string, string | number>) => Promise<Page>

/**
 * The lines of a list, page by page, newest first. Throws what asking throws: a download that broke is not taken for a whole one.
 * @param parameters of the address; those that the list does not know are dropped
 */
export async function* exportLines(
  list: ListName,
  format: 'csv' | 'ndjson',
  parameters: URLSearchParams,
  ask: AskPage,
): AsyncGenerator<string> {
  const { query, columns, cells, json } = EXPORTED[list] as {
    query: readonly string[]
    columns: readonly string[]
    cells: (row: unknown) => readonly (string | number | null | undefined)[]
    json: (row: unknown) => string
  }
  const filter = Object.fromEntries(
    query.flatMap((name) => {
      const value = parameters.get(name)
      return value === null ? [] : [[name, value]]
    }),
  )
  if (format === 'csv') yield csvLine(columns)
  let cursor: string | null = null
  let rows = 0
  do {
    const page: Page = await ask({ ...filter, limit: PAGE_SIZE, ...(cursor === null ? {} : { cursor }) })
    const data = page.data.slice(0, MAX_EXPORTED_ROWS - rows)
    rows += data.length
    yield data.map((row) => (format === 'csv' ? csvLine(cells(row)) : `${json(row)}\n`)).join('')
    cursor = page.next_cursor
  } while (cursor !== null && rows < MAX_EXPORTED_ROWS)
}
