/** One path for each run of known values; the scale begins at 0. A single known value is a short dash. */
export function sparklinePaths(values: readonly (number | null)[], width: number, height: number): string[] {
  const max = Math.max(1, ...values.map((value) => value ?? 0))
  const step = values.length > 1 ? width / (values.length - 1) : width
  const x = (index: number) => Math.round(index * step * 10) / 10
  const y = (value: number) => Math.round((height - 1 - (value / max) * (height - 2)) * 10) / 10
  const paths: string[] = []
  let path = ''
  for (const [index, value] of values.entries()) {
    if (value === null) path = closed(paths, path)
    else path += path === '' ? `M${x(index)} ${y(value)}h1` : `L${x(index)} ${y(value)}`
  }
  closed(paths, path)
  return paths
}

function closed(paths: string[], path: string): string {
  if (path !== '') paths.push(path)
  return ''
}
