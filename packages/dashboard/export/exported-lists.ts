import type { Answers, Asked } from '../admin-api/routes.ts'

type Lists = { events: 'events'; 'dead-letters': 'deadLetters'; audit: 'audit' }
export type ListName = keyof Lists
type RowOf<L extends ListName> = Answers[Lists[L]]['data'][number]

type ExportedList<L extends ListName> = {
  question: Lists[L]
  /** Parameters of the address that are passed on. */
  query: readonly (keyof Asked[Lists[L]] & string)[]
  columns: readonly string[]
  cells: (row: RowOf<L>) => readonly (string | number | null | undefined)[]
  /** One line of NDJSON: what a producer sent is spliced in as it is. */
  json: (row: RowOf<L>) => string
}

/** What can be taken away, and how a row is written. */
export const EXPORTED: { [L in ListName]: ExportedList<L> } = {
  events: {
    question: 'events',
    query: ['tenant', 'eventType', 'since', 'until'],
    columns: [
      ...['receipt_id', 'tenant_id', 'event_id', 'idempotency_key', 'event_type', 'schema_version', 'occurred_at'],
      ...['received_at', 'processed_at', 'payload', 'extra'],
    ],
    cells: (row) => [
      ...[row.receipt_id, row.tenant_id, row.event_id, row.idempotency_key, row.event_type, row.schema_version],
      ...[row.occurred_at, row.received_at, row.processed_at, row.payload, row.extra],
    ],
    json: ({ payload, extra, ...row }) =>
      `${JSON.stringify(row).slice(0, -1)},"payload":${oneLine(payload)},"extra":${extra === null ? 'null' : oneLine(extra)}}`,
  },
  'dead-letters': {
    question: 'deadLetters',
    query: ['state', 'reason', 'pointer', 'tenant', 'eventId', 'eventType', 'since', 'until', 'q', 'job'],
    columns: [
      ...['id', 'state', 'reason', 'pointer', 'detail', 'stage', 'failed_at', 'attempt', 'tenant_id', 'receipt_id'],
      ...['idempotency_key', 'event_id', 'event_type', 'partition', 'offset'],
    ],
    cells: (row) => [
      ...[row.id, row.state, row.reason, row.pointer, row.detail, row.stage, row.failed_at, row.attempt, row.tenant_id],
      ...[row.receipt_id, row.idempotency_key, row.event_id, row.event_type, row.source.partition, row.source.offset],
    ],
    json: (row) => JSON.stringify(row),
  },
  audit: {
    question: 'audit',
    query: ['action', 'target', 'since'],
    columns: ['at', 'by', 'action', 'target', 'count', 'note', 'request_id', 'operation_id', 'before', 'after'],
    cells: (row) => [
      ...[row.at, row.by, row.action, row.target, row.count, row.note, row.request_id, row.operation_id],
      ...[textOf(row.before), textOf(row.after)],
    ],
    json: (row) => JSON.stringify(row),
  },
}

const textOf = (value: object | null) => (value === null ? null : JSON.stringify(value))

/** A producer's JSON may hold line breaks between its members, never within a text: there they are escaped. */
const oneLine = (json: string) => json.replace(/[\r\n]+/g, ' ')

export const isListName = (name: string): name is ListName => Object.hasOwn(EXPORTED, name)
