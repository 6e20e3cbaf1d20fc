import type { Json } from '../admin-client.ts'
import { cell, duration, table } from '../table.ts'
import { visibleText } from '../visible-text.ts'

const rowsOf = (value: unknown): Json[] => (Array.isArray(value) ? (value as Json[]) : [])
const sourceOf = (value: unknown): string => {
  const source = value as Json | null | undefined
  return source ? `${cell(source.topic)} ${cell(source.partition)}:${cell(source.offset)}` : '-'
}

/** `lag`: what waits, by partition. Unknown numbers are `-`, never 0. */
export function lagReport(body: Json): string {
  const partitions = rowsOf(body.partitions).map((row) => [
    cell(row.partition),
    cell(row.lag),
    duration(row.behind_seconds),
    cell(row.committed),
    cell(row.end),
    cell(row.oldest_waiting_at),
  ])
  const total = body.total_lag === null ? `unknown: ${cell(body.reason)}` : `${cell(body.total_lag)} waiting`
  return [
    table([['PARTITION', 'LAG', 'BEHIND', 'COMMITTED', 'END', 'OLDEST WAITING'], ...partitions]),
    `\n${total}, behind ${duration(body.behind_seconds)}, ${cell(body.trend ?? 'trend unknown')}`,
    body.drain_seconds === null || body.drain_seconds === undefined
      ? ''
      : `, drained in ${duration(body.drain_seconds)}`,
    `; ${body.consuming === true ? 'a processor is at work' : 'no processor gives a sign of life'}`,
    ` (${cell(body.engine)}, group ${cell(body.group)}, as of ${cell(body.as_of)})\n`,
  ].join('')
}

export function eventsReport(body: Json): string {
  const rows = rowsOf(body.data).map((event) =>
    [event.processed_at, event.tenant_id, event.event_type, event.event_id, event.receipt_id].map(cell),
  )
  return table([['STORED', 'TENANT', 'TYPE', 'EVENT ID', 'RECEIPT'], ...rows])
}

export function deadLettersReport(body: Json): string {
  const rows = rowsOf(body.data).map((letter) =>
    [letter.failed_at, letter.state, letter.tenant_id, letter.reason, letter.pointer, letter.event_type, letter.id].map(
      cell,
    ),
  )
  return table([['FAILED', 'STATE', 'TENANT', 'REASON', 'POINTER', 'TYPE', 'ID'], ...rows])
}

const DEAD_LETTER_FACTS = [
  ...['id', 'state', 'reason', 'detail', 'pointer', 'stage', 'failed_at', 'attempt', 'tenant_id', 'receipt_id'],
  ...['idempotency_key', 'event_id', 'event_type', 'fingerprint'],
]

/** `dlq show`: the facts, what happened, and the event as it was sent. */
export function deadLetterReport(letter: Json): string {
  const facts = [
    ...DEAD_LETTER_FACTS.map((name) => [name, cell(letter[name])]),
    ['source', sourceOf(letter.source)],
    ...rowsOf(letter.history).map((step) => [
      cell(step.at),
      `${cell(step.what)} by ${cell(step.by)}${step.note ? `: ${cell(step.note)}` : ''}`,
    ]),
  ]
  const event = typeof letter.event === 'string' ? letter.event : null
  const original = typeof letter.original === 'string' ? letter.original : ''
  const text =
    event ?? (letter.original_encoding === 'base64' ? `(base64) ${original}` : original || '(no event can be read)')
  return `${table(facts)}\n${visibleText(text)}\n`
}

/** `trace`: the state first, then each step with its time. */
export function receiptReport(body: Json): string {
  const state = `${cell(body.state)}${body.certain === false ? ' (told by times: too much waits to look at all)' : ''}`
  const steps = rowsOf(body.steps).map((step) => [
    cell(step.at),
    cell(step.step),
    [step.reason, step.detail, step.by ? `by ${cell(step.by)}` : null, step.source ? sourceOf(step.source) : null]
      .filter((part) => part !== null && part !== undefined)
      .map(cell)
      .join('  '),
  ])
  const event = body.event as Json | undefined
  const letter = body.dead_letter as Json | undefined
  const more = [
    ...(event ? [['event', `${cell(event.event_type)}  ${cell(event.event_id)}`]] : []),
    ...(letter ? [['dead letter', `${cell(letter.id)}  (npx sluice dlq show ${cell(letter.id)})`]] : []),
  ]
  return `${cell(body.receipt_id)}  ${state}\n${table(steps)}${table(more)}`
}
