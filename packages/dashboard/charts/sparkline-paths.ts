type Run = { line: string; area: string }

/** One line for each run of known values, and the area down to 0, where the scale begins. A single known value is a short dash. */
export function sparklinePaths(values: readonly (number | null)[], width: number, height: number): Run[] {
  const max = Math.max(1, ...values.map((value) => value ?? 0))
  const step = values.length > 1 ? width / (values.length - 1) : width
  const x = (index: number) => Math.round(index * step * 10) / 10
  const y = (value: number) => Math.round((height - 1 - (value / max) * (height - 2)) * 10) / 10
  const runs: Run[] = []
  let line = ''
  let from = 0
  const close = (to: number) => {
    if (line !== '') runs.push({ line, area: `${line}L${x(to)} ${height}H${x(from)}Z` })
    line = ''
  }
  for (const [index, value] of values.entries()) {
    if (value === null) close(index - 1)
    else if (line === '') {
      from = index
      line = `M${x(index)} ${y(value)}h1`
    } else line += `L${x(index)} ${y(value)}`
  }
  close(values.length - 1)
  return runs
}
