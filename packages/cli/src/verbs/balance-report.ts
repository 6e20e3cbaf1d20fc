import type { Json } from '../admin-client.ts'
import { cell, table } from '../table.ts'

const rowsOf = (value: unknown): Json[] => (Array.isArray(value) ? (value as Json[]) : [])

/** `balance`: the sum, what is said of it, the minutes that do not close, and what may be missing. */
export function balanceReport(body: Json): string {
  const { accepted, stored, dead_lettered: deadLettered, repeats, waiting } = body
  const sum = `${cell(accepted)} accepted = ${cell(stored)} stored + ${cell(deadLettered)} dead-lettered + ${cell(repeats)} repeats + ${cell(waiting)} waiting`
  const gap =
    typeof body.gap === 'number' && body.gap !== 0 ? `${body.gap < 0 ? ' - ' : ' + '}${Math.abs(body.gap)} missing` : ''
  const open = rowsOf(body.per_minute).filter((minute) => typeof minute.gap === 'number' && minute.gap !== 0)
  const candidates = rowsOf(body.candidates)
  return [
    `${sum}${gap}\n${balanceVerdict(body)}\n`,
    open.length === 0
      ? ''
      : `\n${table([
          ['MINUTE', 'GAP', 'ACCEPTED', 'STORED', 'DEAD-LETTERED', 'REPEATS', 'WAITING'],
          ...open.map((row) =>
            [row.minute, row.gap, row.accepted, row.stored, row.dead_lettered, row.repeats, row.waiting].map(cell),
          ),
        ])}`,
    candidates.length === 0
      ? ''
      : `\n${table([['MAY BE MISSING', 'TENANT', 'MINUTE'], ...candidates.map((row) => [row.receipt_id, row.tenant_id, row.minute].map(cell))])}`,
  ].join('')
}

/** Whether everything is accounted for: true, false, or null while nobody can say. */
export function isBalanced({ gap, settled, positions }: Json): boolean | null {
  const lost = (positions as Json | null | undefined)?.lost_unread
  if ((typeof gap === 'number' && gap !== 0 && settled === true) || (typeof lost === 'number' && lost > 0)) return false
  return gap === 0 && settled === true ? true : null
}

function balanceVerdict(body: Json): string {
  const lost = Number((body.positions as Json | null | undefined)?.lost_unread ?? 0)
  switch (isBalanced(body)) {
    case true:
      return `Nothing is missing (compared ${cell(body.checked_at)})`
    case false:
      return lost > 0
        ? `${lost} records left the log before anybody read them`
        : `${cell(body.gap)} accepted events are nowhere`
    default:
      return 'Not settled: something waits, or the last minutes were not compared yet; ask again in some minutes'
  }
}
