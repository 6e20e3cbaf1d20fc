import { Command } from 'commander'
import { type NotRun, parseBaseUrl, parseCommand } from './parse-command.ts'
import { chooseSenders, DEMO_KEYS, parseKeys, type Sender } from './senders.ts'

export type LoadOptions = {
  /** Where ingest answers, without `/events`. */
  url: URL
  /** Over all tenants together. */
  ratePerSecond: number
  durationMs: number
  duplicateRate: number
  badRate: number
  senders: readonly Sender[]
  /** Null: draw one and say which. */
  seed: number | null
  maxInFlight: number
  corpus: string | null
  json: boolean
  /** A file for the report, instead of stdout. */
  output: string | null
}

export type ParsedArgs = { type: 'run'; options: LoadOptions } | NotRun

/** What the environment says; a flag wins over it. */
export type Defaults = { url: string; keys: string | null }

const EXAMPLES = `Examples:
  sluice loadgen                                       5 events/s for a minute, to a local sluice dev
  sluice loadgen --rps 8 --minutes 0.5 --duplicate-rate 0.05 --bad-rate 0.05
  sluice loadgen --corpus payloads.ndjson --rps 8 --duration 90s
  sluice loadgen --keys team_a:secret1,team_b:secret2 --tenants team_b
  sluice loadgen --seed 7 --json | jq .latency_ms.from_schedule.p99
`

const command = () =>
  new Command('sluice loadgen')
    .description('Sends events to ingest at a fixed rate, whatever ingest does, and reports what came of them.')
    .addHelpText('beforeAll', EXAMPLES)
    .option('--url <address>', 'where ingest answers (default: http://127.0.0.1:8080, or INGEST_PORT)')
    .option('--rps <number>', 'events per second, all tenants together', '5')
    .option('--minutes <number>', 'how long, in minutes; fractions are fine (default: 1)')
    .option('--duration <time>', 'how long, as 90s, 2m or 1h; instead of --minutes')
    .option('--duplicate-rate <share>', 'share of repeats: same body and key as an accepted event, 0 to 1', '0')
    .option('--bad-rate <share>', 'share of events that miss a required field, 0 to 1', '0')
    .option('--tenants <count|names>', 'how many of the tenants with a key send, or which (default: all)')
    .option('--keys <pairs>', 'tenant:key,tenant:key (default: API_KEYS, else the demo keys of sluice dev)')
    .option('--seed <number>', 'repeats the choices of the run with this seed (default: a new one)')
    .option('--max-in-flight <number>', 'unanswered requests beyond which events are dropped and counted', '1000')
    .option('--corpus <file>', 'takes contents from newline-delimited JSON instead of making them up')
    .option('--json', 'the report as JSON; nothing else on stdout')
    .option('-o, --output <file>', 'writes the report to a file instead of stdout')

/** Reads the arguments after `loadgen`. Pure: opens nothing, reads no environment. */
export function parseArgs(argv: readonly string[], defaults: Defaults): ParsedArgs {
  const loadgen = command()
  const notRun = parseCommand(loadgen, argv)
  if (notRun !== null) return notRun
  try {
    return { type: 'run', options: toOptions(loadgen.opts<Flags>(), defaults) }
  } catch (error) {
    if (error instanceof RangeError) return { type: 'usage_error', message: error.message }
    throw error
  }
}

type Flags = {
  url?: string
  rps: string
  minutes?: string
  duration?: string
  duplicateRate: string
  badRate: string
  tenants?: string
  keys?: string
  seed?: string
  maxInFlight: string
  corpus?: string
  json?: true
  output?: string
}

function toOptions(flags: Flags, defaults: Defaults): LoadOptions {
  const duplicateRate = parseNumber('--duplicate-rate', flags.duplicateRate, { min: 0, max: 1 })
  const badRate = parseNumber('--bad-rate', flags.badRate, { min: 0, max: 1 })
  if (duplicateRate + badRate > 1) throw new RangeError('--duplicate-rate and --bad-rate must not exceed 1 together')
  const known = parseKeys(flags.keys ?? defaults.keys ?? DEMO_KEYS)
  return {
    url: parseBaseUrl('--url', flags.url ?? defaults.url),
    ratePerSecond: parseNumber('--rps', flags.rps, { min: 0.001, max: 100_000 }),
    durationMs: parseDurationMs(flags),
    duplicateRate,
    badRate,
    senders: chooseSenders(known, flags.tenants),
    seed: flags.seed === undefined ? null : parseWhole('--seed', flags.seed, { min: 0, max: 2 ** 32 - 1 }),
    maxInFlight: parseWhole('--max-in-flight', flags.maxInFlight, { min: 1, max: 20_000 }),
    corpus: flags.corpus ?? null,
    json: flags.json ?? false,
    output: flags.output ?? null,
  }
}

const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const

function parseDurationMs({ minutes, duration }: Flags): number {
  if (minutes !== undefined && duration !== undefined) throw new RangeError('give --minutes or --duration, not both')
  if (duration === undefined) return parseNumber('--minutes', minutes ?? '1', { min: 0.000_1, max: 525_600 }) * 60_000
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(duration) ?? []
  const durationMs = Number(amount) * UNIT_MS[unit as keyof typeof UNIT_MS]
  if (!(durationMs >= 1))
    throw new RangeError(`--duration must be a time such as 500ms, 90s, 2m or 1h, got "${duration}"`)
  return durationMs
}

type Range = { min: number; max: number }

function parseNumber(flag: string, text: string, { min, max }: Range): number {
  const value = /^\d*\.?\d+(e-?\d+)?$/i.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max))
    throw new RangeError(`${flag} must be a number from ${min} to ${max}, got "${text}"`)
  return value
}

function parseWhole(flag: string, text: string, range: Range): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= range.min && value <= range.max))
    throw new RangeError(`${flag} must be a whole number from ${range.min} to ${range.max}, got "${text}"`)
  return value
}
