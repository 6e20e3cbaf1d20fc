import { Command } from 'commander'
import type { PayloadBytes } from './events/content.ts'
import { type NotRun, parseBaseUrl, parseCommand } from './parse-command.ts'
import { parseByteSpan, parseNumber, parseTimeMs, parseWhole } from './parse-flags.ts'
import type { ClassRates } from './plan.ts'
import { isScenarioName, SCENARIOS, type Scenario, type ScenarioName, scenarioOf } from './scenarios.ts'
import type { Stretch } from './schedule.ts'
import { chooseSenders, DEMO_KEYS, parseKeys } from './senders.ts'
import type { Share } from './tenant-shares.ts'
import { parseThreshold, type Threshold } from './threshold.ts'

export type LoadOptions = {
  /** Where ingest answers, without `/events`. */
  url: URL
  scenario: ScenarioName | null
  /** Over all tenants together; what profile and ramp start from. */
  ratePerSecond: number
  stretches: readonly Stretch[]
  rates: ClassRates
  shares: readonly Share[]
  strict: boolean
  hotKeys: number | null
  stormEvents: number | null
  payloadBytes: PayloadBytes | null
  corpus: string | null
  /** Null: draw one and say which. */
  seed: number | null
  /** Null: a new one, so that no key was ever used. */
  runId: string | null
  maxInFlight: number
  /** How long an event without a final answer is sent again, from the moment it was due; 0: never. */
  patienceMs: number
  ledger: string | null
  thresholds: readonly Threshold[]
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
  sluice loadgen --scenario spike --rps 200 --duration 2m --threshold 'p99<250ms' --threshold 'errors<0.1%'
  sluice loadgen --scenario steady --ledger run.ndjson && sluice loadgen verify run.ndjson
  sluice loadgen --keys team_a:secret1,team_b:secret2 --tenants team_a=3,team_b=1 --ramp 30s
  sluice loadgen --corpus payloads.ndjson --seed 7 --json | jq .latency_ms.from_schedule.p99

`

const scenarioHelp = Object.entries(SCENARIOS)
  .map(([name, { about }]) => `  ${name.padEnd(14)}${about}`)
  .join('\n')

const AFTER = `
Scenarios (each flag given wins over them):
${scenarioHelp}

Thresholds: avg p50 p90 p95 p99 p99.9 max sending_p50 sending_p95 sending_p99 (of the 202s, in ms or s), success errors rate (shares, % or 0 to 1), dropped.
Exit: 0 done · 1 failed · 2 usage · 3 cannot connect · 4 every API key refused · 99 a threshold was missed · 130 interrupted.
`

const DEFAULTS = {
  rps: '5',
  duplicateRate: '0',
  conflictRate: '0',
  badRate: '0',
  edgeRate: '0',
  maxInFlight: '1000',
} as const

const command = () =>
  new Command('sluice loadgen')
    .description(
      'Sends events to ingest at a fixed rate, whatever ingest does, and reports what came of them.\n`sluice loadgen verify --help` tells how a ledger is checked.',
    )
    .addHelpText('beforeAll', EXAMPLES)
    .addHelpText('after', AFTER)
    .option('--url <address>', 'where ingest answers (default: http://127.0.0.1:8080, or INGEST_PORT)')
    .option('--rps <number>', 'events per second, all tenants together (default: 5)')
    .option('--minutes <number>', 'how long, in minutes; fractions are fine (default: 1)')
    .option('--duration <time>', 'how long, as 90s, 2m or 1h; instead of --minutes')
    .option('--scenario <name>', `one of ${Object.keys(SCENARIOS).join(', ')}`)
    .option('--ramp <time>', 'rises from nothing to the rate over this time, inside the duration')
    .option('--duplicate-rate <share>', 'share of repeats: body and key of an earlier event, 0 to 1')
    .option('--conflict-rate <share>', 'share of conflicts: the key of an earlier event, another body')
    .option('--bad-rate <share>', 'share of events that ingest takes and the processor sets aside')
    .option('--edge-rate <share>', 'share of events that ingest refuses: not JSON, wrong API key, too large, …')
    .option('--strict', 'asks ingest to validate (Prefer: handling=strict): bad events are then refused')
    .option('--tenants <count|names>', 'how many of the tenants with a key send, or which, with shares: a=3,b=1')
    .option('--keys <pairs>', 'tenant:key,tenant:key (default: API_KEYS, else the demo keys of sluice dev)')
    .option('--hot-keys <count>', 'sends X-Partition-Key, one of so many, the first for half of the events')
    .option('--payload-bytes <size>', 'fills payloads up to a size or a span, as 2k or 1k-64k')
    .option('--corpus <file>', 'takes contents from newline-delimited JSON instead of making them up')
    .option('--seed <number>', 'repeats the choices of the run with this seed (default: a new one)')
    .option('--run-id <name>', 'begins every key; with --seed the same bytes again (default: a new one)')
    .option(
      '--max-in-flight <number>',
      'unanswered requests beyond which events are dropped and counted (default: 1000)',
    )
    .option(
      '--patience <time>',
      'sends 408, 409, 429, 503 and no answer again for so long (default: 0s, with --ledger 60s)',
    )
    .option('--ledger <file>', 'writes down every try and its answer, for sluice loadgen verify')
    .option(
      '--threshold <promise>',
      "'p99<250ms' and the like; may be given several times",
      (text, all: string[]) => [...all, text],
      [] as string[],
    )
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

type Flags = Partial<
  Record<
    | 'url'
    | 'rps'
    | 'minutes'
    | 'duration'
    | 'scenario'
    | 'ramp'
    | 'duplicateRate'
    | 'conflictRate'
    | 'badRate'
    | 'edgeRate'
    | 'tenants'
    | 'keys'
    | 'hotKeys'
    | 'payloadBytes'
    | 'corpus'
    | 'seed'
    | 'runId'
    | 'maxInFlight'
    | 'patience'
    | 'ledger'
    | 'output',
    string
  >
> & { threshold: string[]; strict?: true; json?: true }

function toOptions(given: Flags, defaults: Defaults): LoadOptions {
  const scenario = parseScenario(given.scenario)
  const preset: Omit<Scenario, 'about'> = scenario === null ? { flags: {} } : scenarioOf(scenario)
  const flags = { ...DEFAULTS, ...preset.flags, ...given }
  const ratePerSecond = parseNumber('--rps', flags.rps, { min: 0.001, max: 100_000 })
  const durationMs = parseDurationMs(flags)
  return {
    url: parseBaseUrl('--url', flags.url ?? defaults.url),
    scenario,
    ratePerSecond,
    stretches: toStretches(flags.ramp, ratePerSecond, durationMs, preset.profile),
    rates: parseRates(flags),
    shares: parseShares(flags, defaults, preset.firstShare ?? 1),
    strict: flags.strict ?? false,
    hotKeys: flags.hotKeys === undefined ? null : parseWhole('--hot-keys', flags.hotKeys, { min: 1, max: 1_000 }),
    stormEvents: preset.stormEvents ?? null,
    // With its envelope an event is then still inside the 256 KiB that ingest takes by default.
    payloadBytes:
      flags.payloadBytes === undefined
        ? null
        : parseByteSpan('--payload-bytes', flags.payloadBytes, { min: 2, max: 261_000 }),
    corpus: flags.corpus ?? null,
    seed: flags.seed === undefined ? null : parseWhole('--seed', flags.seed, { min: 0, max: 2 ** 32 - 1 }),
    runId: parseRunId(flags.runId),
    maxInFlight: parseWhole('--max-in-flight', flags.maxInFlight, { min: 1, max: 20_000 }),
    patienceMs: parsePatienceMs(flags),
    ledger: flags.ledger ?? null,
    thresholds: flags.threshold.map(parseThreshold),
    json: flags.json ?? false,
    output: flags.output ?? null,
  }
}

function parseScenario(name: string | undefined): ScenarioName | null {
  if (name === undefined) return null
  if (isScenarioName(name)) return name
  throw new RangeError(`--scenario must be one of ${Object.keys(SCENARIOS).join(', ')}, got "${name}"`)
}

function parseDurationMs({ minutes, duration }: Flags): number {
  if (minutes !== undefined && duration !== undefined) throw new RangeError('give --minutes or --duration, not both')
  if (duration === undefined) return parseNumber('--minutes', minutes ?? '1', { min: 0.000_1, max: 525_600 }) * 60_000
  return parseTimeMs('--duration', duration)
}

function toStretches(
  ramp: string | undefined,
  rate: number,
  durationMs: number,
  profile: ((rate: number, durationMs: number) => Stretch[]) | undefined,
): Stretch[] {
  const rampMs = ramp === undefined ? 0 : parseTimeMs('--ramp', ramp)
  if (rampMs > durationMs) throw new RangeError('--ramp must not be longer than the run: it is a part of it')
  const rising = rampMs === 0 ? [] : [{ durationMs: rampMs, fromRate: 0, toRate: rate }]
  if (rampMs === durationMs) return rising
  const rest = durationMs - rampMs
  return [...rising, ...(profile?.(rate, rest) ?? [{ durationMs: rest, fromRate: rate, toRate: rate }])]
}

function parseRates(flags: Record<'duplicateRate' | 'conflictRate' | 'badRate' | 'edgeRate', string>): ClassRates {
  const share = { min: 0, max: 1 }
  const rates = {
    duplicate: parseNumber('--duplicate-rate', flags.duplicateRate, share),
    conflict: parseNumber('--conflict-rate', flags.conflictRate, share),
    bad: parseNumber('--bad-rate', flags.badRate, share),
    edge: parseNumber('--edge-rate', flags.edgeRate, share),
  }
  if (rates.duplicate + rates.conflict + rates.bad + rates.edge > 1 + 1e-9)
    throw new RangeError('--duplicate-rate, --conflict-rate, --bad-rate and --edge-rate must not exceed 1 together')
  return rates
}

function parseShares(flags: Flags, defaults: Defaults, firstShare: number): readonly Share[] {
  const known = parseKeys(flags.keys ?? defaults.keys ?? DEMO_KEYS)
  const chosen = chooseSenders(known, flags.tenants)
  const named = flags.tenants?.includes('=') ?? false
  if (named) return chosen
  return chosen.map(({ sender }, index) => ({ sender, share: index === 0 ? firstShare : 1 }))
}

function parseRunId(text: string | undefined): string | null {
  if (text === undefined || /^[A-Za-z0-9_.]{1,64}$/.test(text)) return text ?? null
  throw new RangeError(`--run-id must be 1 to 64 letters, digits, dots or underscores, got "${text}"`)
}

function parsePatienceMs({ patience, ledger }: Flags): number {
  if (patience === undefined) return ledger === undefined ? 0 : 60_000
  return parseTimeMs('--patience', patience, 0)
}
