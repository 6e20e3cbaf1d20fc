import {
  createParameter,
  oneOf,
  type Parameters,
  readParameters,
  textParameter,
  timeParameter,
} from './query-parameters.ts'

/** How far back charts and sums reach. */
export const RANGES = ['15m', '1h', '6h', '24h'] as const
export type Range = (typeof RANGES)[number]
export const RANGE_MINUTES: Record<Range, number> = { '15m': 15, '1h': 60, '6h': 360, '24h': 1_440 }

/** Seconds between two refreshes; 0 is off. */
export const INTERVALS = ['2', '5', '15', '60', '0'] as const
export type Interval = (typeof INTERVALS)[number]

const STATES = ['open', 'redriving', 'redriven', 'dismissed', 'any'] as const
const REASONS = [
  'MALFORMED_RECORD',
  'MISSING_FIELD',
  'INVALID_FIELD',
  'UNSTORABLE',
  'IDEMPOTENCY_CONFLICT',
  'CRASH_LOOP',
] as const

const matching = (pattern: RegExp) =>
  createParameter<string>({ parse: (text) => (pattern.test(text) ? text : null), serialize: (text) => text })
const tenantName = matching(/^[A-Za-z0-9_-]{1,64}$/)
const uuid = matching(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
const cursorText = matching(/^[\x21-\x7e]{1,100}$/)
/** A NUL can stand in no row; the Admin API takes texts of at most `maxLength` characters. */
const textUpTo = (minLength: number, maxLength: number) =>
  createParameter<string>({
    parse: (text) => (text.length < minLength || text.length > maxLength || text.includes('\u0000') ? null : text),
    serialize: (text) => text,
  })
const shortText = textUpTo(1, 255)
const pointerText = textUpTo(0, 1_024)
const flag = createParameter<boolean>({
  parse: (text) => (text === '1' || text === 'true' ? true : null),
  serialize: (value) => (value ? '1' : '0'),
})

/** What every page has. A value that is not known falls back, never throws. */
export const viewParams = {
  tenant: tenantName,
  range: oneOf(RANGES).withDefault('1h'),
  every: oneOf(INTERVALS).withDefault('2'),
}

export const pipelineParams = {
  ...viewParams,
  lagging: flag.withDefault(false),
  minute: timeParameter,
  from: timeParameter,
  to: timeParameter,
}

export const overviewParams = { ...viewParams, from: timeParameter, to: timeParameter }

export const deadLetterParams = {
  ...viewParams,
  state: oneOf(STATES).withDefault('open'),
  reason: oneOf(REASONS),
  pointer: pointerText,
  type: shortText,
  since: timeParameter,
  until: timeParameter,
  q: shortText,
  cursor: cursorText,
  id: uuid,
  view: oneOf(['ledger', 'topic'] as const).withDefault('ledger'),
  bench: flag.withDefault(false),
  job: uuid,
  from_job: uuid,
}

export const searchParams = {
  ...viewParams,
  q: textParameter,
  eventId: shortText,
  idempotencyKey: shortText,
  type: shortText,
  since: timeParameter,
  until: timeParameter,
  cursor: cursorText,
}

export const LIVE_OUTCOMES = ['accepted', 'stored', 'dead_lettered'] as const

export const liveParams = { ...viewParams, type: shortText, outcome: oneOf(LIVE_OUTCOMES) }

const AUDIT_ACTIONS = ['redrive', 'redrive_many', 'cancel_redrive', 'dismiss', 'test_event'] as const

export const auditParams = { ...viewParams, action: oneOf(AUDIT_ACTIONS), target: shortText, cursor: cursorText }

export const signInParams = { next: textParameter }

type Given = Record<string, string | string[] | undefined>
/** What a page of the server is given. */
export type PageSearchParams = Promise<Given>

const loader =
  <P extends Parameters>(parameters: P) =>
  (given: Given) =>
    readParameters(parameters, (name) => [given[name]].flat()[0] ?? null)

export const loadView = loader(viewParams)
export const loadOverview = loader(overviewParams)
export const loadPipeline = loader(pipelineParams)
export const loadDeadLetters = loader(deadLetterParams)
export const loadSearch = loader(searchParams)
export const loadLive = loader(liveParams)
export const loadAudit = loader(auditParams)
