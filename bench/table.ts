import type { Latency, Line, Question, Spread } from './question.ts'

const rate = (value: number) => (value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3))
const spread = (value: Spread, format: (number: number) => string) =>
  value.min === value.max
    ? format(value.median)
    : `${format(value.min)} · **${format(value.median)}** · ${format(value.max)}`
const percentilesOf = ({ p50, p95, p99 }: Latency) => (p95 === undefined ? [p50, p99] : [p50, p95, p99])
const ms = (value: number) => (value < 10 ? value.toFixed(2) : value.toFixed(0))

/** A question and what was found, as Markdown. */
export function tableOf(question: Pick<Question, 'name' | 'asks'>, lines: readonly Line[]): string {
  const rows = lines.map(({ subject, perSecond, ratio, cpuMicros, latencyMs, notes }) => {
    const cpu = Object.entries(cpuMicros).map(
      ([name, micros]) => `${name} ${micros < 10 ? micros.toFixed(1) : Math.round(micros)}`,
    )
    return [
      subject,
      spread(perSecond, rate),
      ratio === null ? '1' : spread(ratio, (value) => value.toFixed(2)),
      cpu.join(', '),
      latencyMs === null ? '' : percentilesOf(latencyMs).map(ms).join(' / '),
      notes.join('; '),
    ]
  })
  const percentiles = lines.some(({ latencyMs }) => latencyMs?.p95 !== undefined)
    ? 'p50 / p95 / p99 ms'
    : 'p50 / p99 ms'
  const head = ['', 'a second: min · median · max', 'to the first line', 'CPU µs each', percentiles, '']
  const toRow = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    `## ${question.name}`,
    '',
    `${question.asks}.`,
    '',
    toRow(head),
    toRow(head.map(() => '---')),
    ...rows.map(toRow),
    '',
  ].join('\n')
}
