import type { Json } from '../admin-client.ts'
import { cell, duration, table } from '../table.ts'
import { visibleText } from '../visible-text.ts'

const rowsOf = (value: unknown): Json[] => (Array.isArray(value) ? (value as Json[]) : [])

/** `dlq check`: what a redrive would take, what would pass, and why the rest would not. */
export function checkReport(body: Json): string {
  const leftOut = (body.left_out ?? {}) as Json
  const failing = rowsOf(body.would_fail)
  const [sample] = rowsOf(body.sample)
  const edited = sample !== undefined && sample.after !== null && sample.after !== sample.before
  return [
    `${cell(body.matched)} match; ${cell(leftOut.state)} left out by their state, ${cell(leftOut.attempts)} as they failed too often\n`,
    body.checked === body.matched ? '' : `${cell(body.checked)} of them were judged, the newest\n`,
    `${cell(body.would_pass)} would pass, ${failing.reduce((sum, { count }) => sum + Number(count), 0)} would fail\n`,
    failing.length === 0
      ? ''
      : table([
          ['FAIL', 'REASON', 'POINTER', 'EXAMPLE', 'DETAIL'],
          ...failing.map((row) => [row.count, row.reason, row.pointer, row.example_id, row.detail].map(cell)),
        ]),
    edited ? `\nbefore  ${visibleText(String(sample.before))}\nafter   ${visibleText(String(sample.after))}\n` : '',
  ].join('')
}

/** A change of one dead letter: how it stands now. */
export function deadLetterChangeReport(body: Json): string {
  const letter = (body.dead_letter ?? {}) as Json
  const job = typeof body.job_id === 'string' ? `  job ${cell(body.job_id)}` : ''
  return `${cell(letter.id)}  ${cell(letter.state)}${job}\n`
}

const JOB_FACTS = [
  ...['id', 'state', 'by', 'note', 'rate_per_second', 'matched', 'done', 'stored', 'failed_again', 'waiting'],
  ...['left_out', 'remaining', 'rate', 'started_at', 'ended_at'],
]

/** One redrive job. */
export function jobReport(job: Json): string {
  const left =
    job.seconds_left === null || job.seconds_left === undefined ? [] : [['time left', duration(job.seconds_left)]]
  return table([...JOB_FACTS.map((name) => [name, cell(job[name])]), ...left])
}

/** `redrives ls`. */
export function jobsReport(body: Json): string {
  const rows = rowsOf(body.data).map((job) =>
    [job.started_at, job.state, job.matched, job.done, job.stored, job.failed_again, job.remaining, job.by, job.id].map(
      cell,
    ),
  )
  return table([['STARTED', 'STATE', 'MATCHED', 'DONE', 'STORED', 'FAILED AGAIN', 'REMAINING', 'BY', 'ID'], ...rows])
}
