// Minutes of traffic with a random fault again and again, and the proof at the end.
//   npm run soak -- --stack full --minutes 10 --fault-every 20
//        [--scenario steady] [--rps 100] [--seed 7] [--json]
// The full stack opens Kafka, Redis and PostgreSQL of its own. Exit: 0 all is proved · 1 something is wrong · 2 usage.
import { AssertionError } from 'node:assert'
import { parseArgs } from 'node:util'
import { parseNumber, parseWhole } from '@sluice/loadgen/parse-flags'
import { isScenarioName, SCENARIOS } from '@sluice/loadgen/scenarios'
import { testSeed } from '@sluice/runtime/testing/seeded-random'
import { scriptLife } from '../../life.ts'
import { openStack } from '../../open-stack.ts'
import { runSoak } from './run-soak.ts'
import { soakJson, soakReport } from './soak-report.ts'

const FLAGS = {
  stack: { type: 'string', default: 'full' },
  minutes: { type: 'string', default: '10' },
  'fault-every': { type: 'string', default: '20' },
  scenario: { type: 'string', default: 'steady' },
  rps: { type: 'string' },
  seed: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const

function parseOptions() {
  const { values } = parseArgs({ options: FLAGS })
  const { stack, scenario } = values
  if (stack !== 'full' && stack !== 'embedded') throw new RangeError(`--stack must be full or embedded, got "${stack}"`)
  if (!isScenarioName(scenario))
    throw new RangeError(`--scenario must be one of ${Object.keys(SCENARIOS).join(', ')}, got "${scenario}"`)
  const minutes = parseNumber('--minutes', values.minutes, { min: 0.1, max: 1_440 })
  const rps = values.rps ?? SCENARIO_RPS[scenario] ?? '100'
  return {
    stack,
    json: values.json,
    minutes,
    faultEverySeconds: parseNumber('--fault-every', values['fault-every'], { min: 1, max: 3_600 }),
    seed: values.seed === undefined ? testSeed() : parseWhole('--seed', values.seed, { min: 1, max: 2 ** 31 - 1 }),
    // A spike stands where the run's middle is meant to be, so the run is as long as the soak.
    traffic: ['--scenario', scenario, '--rps', rps, '--duration', `${Math.ceil(minutes * 60)}s`],
  } as const
}

/** Bodies of 250 kB are many bytes a second soon. */
const SCENARIO_RPS: Partial<Record<string, string>> = { 'big-events': '5' }

async function main(): Promise<number> {
  const { stack: kind, json, ...options } = parseOptions()
  const stopping = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort())
  await using life = scriptLife(stopping.signal)
  const stack = await openStack(life, kind, { RATE_LIMIT_PER_MIN: '1000000' })
  const result = await runSoak(life, stack, options)
  process.stdout.write(json ? soakJson(result) : `${soakReport(result)}\n`)
  return 0
}

try {
  process.exitCode = await main()
} catch (error) {
  const isUsage = error instanceof RangeError || (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS')
  if (!isUsage && !(error instanceof AssertionError)) throw error
  process.stderr.write(`soak: ${(error as Error).message}\n`)
  process.exitCode = isUsage ? 2 : 1
}
