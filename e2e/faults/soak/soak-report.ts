import { renderTable } from '@sluice/loadgen/verify/verify-report'
import type { PartMemory } from './process-samples.ts'
import type { SoakResult, Struck } from './run-soak.ts'

const MIB = 1_048_576
const mib = (bytes: number) => (bytes / MIB).toFixed(1)

/** What a soak came to, for people. */
export function soakReport(result: SoakResult): string {
  const { stack, options, facts, byAdmin, byRows, struck, memory } = result
  const { outcomes, sent, dropped } = facts.tally
  const all = Object.values(sent).reduce((sum, count) => sum + count, 0)
  return [
    `${options.minutes} minutes on the ${stack} stack, a fault every ${options.faultEverySeconds} s, seed ${options.seed}`,
    `${all} events sent, ${outcomes.accepted} accepted, ${outcomes.duplicate} duplicates, ${dropped} not sent for want of room`,
    '',
    ...tableOf(['fault', 'times', 'rows again, median', 'longest'], faultRows(struck)),
    '',
    ...tableOf(
      ['process', 'lives', 'MiB at first', 'at last', 'peak', 'MiB a minute', 'files at first', 'at last', 'peak'],
      memory.map(memoryRow),
    ),
    '',
    'By the Admin API:',
    renderTable(byAdmin),
    'By rows and records:',
    renderTable(byRows),
  ].join('\n')
}

/** The same, for machines. */
export const soakJson = ({ byAdmin: _, byRows: __, facts, ...rest }: SoakResult): string =>
  `${JSON.stringify({ ...rest, sent: facts.tally.sent, outcomes: facts.tally.outcomes, dropped: facts.tally.dropped })}\n`

function faultRows(struck: readonly Struck[]): string[][] {
  const names = [...new Set(struck.map(({ name }) => name))].sort()
  return names.map((name) => {
    const of = struck.filter((one) => one.name === name)
    const known = of.flatMap(({ recoveredMs }) => recoveredMs ?? []).sort((a, b) => a - b)
    const never = of.length - known.length
    const longest = never > 0 ? 'never' : `${known.at(-1) ?? '?'} ms`
    return [name, String(of.length), `${known[known.length >> 1] ?? '?'} ms`, longest]
  })
}

const memoryRow = (part: PartMemory): string[] => [
  part.part,
  String(part.lives),
  mib(part.firstBytes),
  mib(part.lastBytes),
  mib(part.peakBytes),
  part.bytesPerMinute === null ? 'too short' : mib(part.bytesPerMinute),
  ...[part.firstFiles, part.lastFiles, part.peakFiles].map(String),
]

/** The first column to the left, numbers to the right. */
function tableOf(head: readonly string[], rows: readonly string[][]): string[] {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
  return all.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  )
}
