/** What was seen at a moment, ms of any clock. */
export type Point = { atMs: number; value: number }

/** How fast a value grows, in its unit a minute, by least squares; NaN for points of one moment or none. */
export function growthPerMinute(points: readonly Point[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const meanAt = mean(points.map(({ atMs }) => atMs))
  const meanValue = mean(points.map(({ value }) => value))
  const along = points.reduce((sum, { atMs, value }) => sum + (atMs - meanAt) * (value - meanValue), 0)
  const spread = points.reduce((sum, { atMs }) => sum + (atMs - meanAt) ** 2, 0)
  return (along / spread) * 60_000
}
