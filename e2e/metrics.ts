/**
 * The value of one metric of a process, summed over its series.
 * @param label a part of the labels that a series must have, such as `step="admit"`
 * @returns NaN when the process has no such metric
 */
export async function readMetric(origin: string, name: string, label = ''): Promise<number> {
  const text = await (await fetch(`${origin}/metrics`)).text()
  const values = text
    .split('\n')
    .filter(
      (line) => /[{ ]/.exec(line.slice(name.length))?.index === 0 && line.startsWith(name) && line.includes(label),
    )
    .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)))
  return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0)
}
