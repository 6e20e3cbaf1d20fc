import { createLoader, createParser, parseAsIsoDateTime, parseAsString, parseAsStringLiteral } from 'nuqs/server'

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
  createParser({ parse: (text) => (pattern.test(text) ? text : null), serialize: (text: string) => text })
const parseAsTenant = matching(/^[A-Za-z0-9_-]{1,64}$/)
const parseAsUuid = matching(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
const parseAsCursor = matching(/^[\x21-\x7e]{1,100}$/)
// A NUL can stand in no row; the Admin API takes at most 255 characters.
const parseAsShortText = matching(/^[^\u0000]{1,255}$/)
const parseAsPointer = matching(/^[^\u0000]{0,1024}$/)
const parseAsFlag = createParser({
  parse: (text): boolean | null => (text === '1' || text === 'true' ? true : null),
  serialize: (value: boolean) => (value ? '1' : '0'),
})
const parseAsTime = parseAsIsoDateTime

/** What every page has. A value that is not known falls back, never throws. */
export const viewParams = {
  tenant: parseAsTenant,
  range: parseAsStringLiteral(RANGES).withDefault('1h'),
  every: parseAsStringLiteral(INTERVALS).withDefault('2'),
}

export const pipelineParams = {
  ...viewParams,
  lagging: parseAsFlag.withDefault(false),
  minute: parseAsTime,
  from: parseAsTime,
  to: parseAsTime,
}

export const overviewParams = { ...viewParams, from: parseAsTime, to: parseAsTime }

export const deadLetterParams = {
  ...viewParams,
  state: parseAsStringLiteral(STATES).withDefault('open'),
  reason: parseAsStringLiteral(REASONS),
  pointer: parseAsPointer,
  type: parseAsShortText,
  since: parseAsTime,
  until: parseAsTime,
  q: parseAsShortText,
  cursor: parseAsCursor,
  id: parseAsUuid,
  view: parseAsStringLiteral(['ledger', 'topic'] as const).withDefault('ledger'),
  bench: parseAsFlag.withDefault(false),
  job: parseAsUuid,
  from_job: parseAsUuid,
}

export const searchParams = {
  ...viewParams,
  q: parseAsString,
  eventId: parseAsShortText,
  idempotencyKey: parseAsShortText,
  type: parseAsShortText,
  since: parseAsTime,
  until: parseAsTime,
  cursor: parseAsCursor,
}

export const signInParams = { next: parseAsString }

export const loadView = createLoader(viewParams)
export const loadOverview = createLoader(overviewParams)
export const loadPipeline = createLoader(pipelineParams)
export const loadDeadLetters = createLoader(deadLetterParams)
export const loadSearch = createLoader(searchParams)

export type PageSearchParams = Promise<Record<string, string | string[] | undefined>>
