import { visibleText } from './visible-text.ts'

/** A value of an answer as one cell: `-` for what is unknown or absent. */
export function cell(value: unknown): string {
  if (value === null || value === undefined || value === '') return '-'
  return visibleText(typeof value === 'object' ? JSON.stringify(value) : String(value))
}

/** Rows in columns of equal width, each line with its newline; the last column is not padded. */
export function table(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(0, ...rows.map((row) => row.length))
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (row: readonly string[]) =>
    row.map((text, column) => (column === row.length - 1 ? text : text.padEnd(widths[column] ?? 0))).join('  ')
  return rows.map((row) => `${line(row)}\n`).join('')
}

/** Seconds for people: `4 s`, `3 min 20 s`, `5 h 2 min`; `-` when unknown. */
export function duration(seconds: unknown): string {
  if (typeof seconds !== 'number') return '-'
  const whole = Math.round(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`
}
