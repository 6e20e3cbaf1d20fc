type Keyed = { id: string }

export type FrozenRows<Row extends Keyed> = { rows: Row[]; newCount: number }

/**
 * The rows that a person sees, with what is known of them now. Rows that came since are counted, not shown: nothing moves under the pointer. Rows that do
 * not match any more stay until the list is loaded anew.
 */
export function frozenRows<Row extends Keyed>(frozen: readonly Row[], latest: readonly Row[]): FrozenRows<Row> {
  const now = new Map(latest.map((row) => [row.id, row]))
  const known = new Set(frozen.map(({ id }) => id))
  return {
    rows: frozen.map((row) => now.get(row.id) ?? row),
    newCount: latest.filter(({ id }) => !known.has(id)).length,
  }
}
