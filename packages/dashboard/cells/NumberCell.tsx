import { formatCount } from '../format.ts'
import { Unknown } from './Unknown.tsx'

export function NumberCell({
  value,
  why,
  format = formatCount,
}: {
  value: number | null
  why: string
  format?: (value: number) => string
}) {
  return value === null ? <Unknown reason={why} /> : format(value)
}
