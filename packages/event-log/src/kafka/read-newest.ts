import type { LogRecord } from '#src/event-log.ts'
import { NEWEST_BYTES, withinBytes } from '#src/record-size.ts'
import { fetchOne, type Source } from './fetch-one.ts'

export type Range = { partition: number; start: bigint; end: bigint }

/** The first look back at a partition: with records of the largest size 16 MiB. */
const FIRST_STEP = 8
/** How much a further look back should bring. */
const STEP_BYTES = 2_097_152

/**
 * The newest records of several partitions, newest first. Each partition is read backwards in steps that grow while its
 * records are small, so that huge ones cost neither time nor memory for what would be left out anyway.
 * @param signal aborts when nobody waits for the answer any more
 */
export async function readNewestOf(
  topic: Omit<Source, 'partition'>,
  ranges: readonly Range[],
  limit: number,
  signal: AbortSignal,
): Promise<readonly LogRecord[]> {
  const found = await Promise.all(ranges.map((range) => readBackwards(topic, range, limit, signal)))
  return withinBytes(found.flat().sort(byTimeThenPlace).slice(0, limit), NEWEST_BYTES)
}

const byTimeThenPlace = (a: LogRecord, b: LogRecord) =>
  b.appendedAt.getTime() - a.appendedAt.getTime() || a.partition - b.partition || (a.offset < b.offset ? 1 : -1)

/** Up to `limit` records before the end of a range, as many as 16 MiB hold and one more. */
async function readBackwards(
  topic: Omit<Source, 'partition'>,
  { partition, start, end }: Range,
  limit: number,
  signal: AbortSignal,
): Promise<LogRecord[]> {
  const newestFirst: LogRecord[] = []
  let bytes = 0
  let upper = end
  let step = Math.min(limit, FIRST_STEP)
  while (upper > start && newestFirst.length < limit && bytes <= NEWEST_BYTES) {
    const lower = upper - BigInt(step) > start ? upper - BigInt(step) : start
    const records = await readAll({ ...topic, partition }, lower, upper, signal)
    for (const { value } of records) bytes += value.length
    newestFirst.push(...records.reverse())
    const average = newestFirst.length === 0 ? 0 : bytes / newestFirst.length
    const fitting = average === 0 ? limit : Math.ceil(STEP_BYTES / average)
    step = Math.max(1, Math.min(limit - newestFirst.length, fitting, 1_000))
    upper = lower
  }
  return newestFirst.slice(0, limit)
}

async function readAll(source: Source, from: bigint, to: bigint, signal: AbortSignal): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  for (let offset = from; offset < to; ) {
    const fetched = await fetchOne(source, offset, STEP_BYTES, signal)
    for (const record of fetched.records) if (record.offset < to) records.push(record)
    offset = fetched.next
  }
  return records
}
