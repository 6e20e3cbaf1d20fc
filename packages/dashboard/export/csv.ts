/** Begins a formula where a spreadsheet opens the file: OWASP, CSV injection. A tab and a CR are skipped over by some. */
const FORMULA = /^[=+\-@\t\r]/

/** One cell: RFC 4180 (quotes doubled), and with an apostrophe before what a spreadsheet would compute. */
export function csvCell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number') return String(value)
  const text = FORMULA.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

export const csvLine = (cells: readonly (string | number | null | undefined)[]): string =>
  `${cells.map(csvCell).join(',')}\r\n`
