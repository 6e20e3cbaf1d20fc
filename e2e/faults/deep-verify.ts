// The verifier of `sluice loadgen verify` with evidence of its own: rows by SQL, every record of both topics.
//   node e2e/faults/deep-verify.ts run.ndjson --database-url postgres://… [--no-faults] [--timeout 60s] [--quiet 5s]
//        [--limit 300] [--pids 12,34] [--json]
//   With KAFKA_BROKERS set the topics are read from Kafka, by the platform's own port.
//   node e2e/faults/deep-verify.ts --now --database-url postgres://…      only aheadCommit, at once, while a fault lasts
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { RAW_TOPIC } from '@sluice/contract/topics'
import { CommandError, EXIT_CODE, type ExitCode } from '@sluice/loadgen/exit-code'
import { parseTimeMs, parseWhole } from '@sluice/loadgen/parse-flags'
import { EvidenceError } from '@sluice/loadgen/verify/evidence'
import { runVerify } from '@sluice/loadgen/verify/run-verify'
import { openDatabase } from './deep/database.ts'
import { createDeepEvidence } from './deep/deep-evidence.ts'
import { openTopicLog } from './deep/open-topic-log.ts'
import { findAheadOfCommit } from './deep/unsettled-records.ts'

const FLAGS = {
  'database-url': { type: 'string' },
  'no-faults': { type: 'boolean' },
  now: { type: 'boolean' },
  timeout: { type: 'string', default: '60s' },
  quiet: { type: 'string', default: '5s' },
  limit: { type: 'string' },
  pids: { type: 'string', default: '' },
  json: { type: 'boolean', default: false },
} as const

/** The most memory that any of these processes ever had, in bytes, as Linux keeps it; null where none can be read. */
function maxRss(pids: string): number | null {
  const peaks = pids
    .split(',')
    .filter(Boolean)
    .map((pid) => /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${Number(pid)}/status`, 'utf8'))?.[1])
  return peaks.length === 0 ? null : Math.max(...peaks.map(Number)) * 1_024
}

async function main(): Promise<ExitCode> {
  const { values, positionals } = parseArgs({ options: FLAGS, allowPositionals: true })
  const databaseUrl = values['database-url'] ?? process.env.DATABASE_URL
  if (databaseUrl === undefined) throw new RangeError('give --database-url, or set DATABASE_URL')
  await using database = openDatabase(databaseUrl)
  await using life = new AsyncDisposableStack()
  const log = await openTopicLog(life, database, process.env)
  if (values.now === true) {
    const ahead = await findAheadOfCommit(database, log, await log.positions(RAW_TOPIC))
    process.stdout.write(`${JSON.stringify({ aheadCommit: ahead.length })}\n`)
    return ahead.length === 0 ? EXIT_CODE.done : EXIT_CODE.failed
  }
  const [ledger, ...more] = positionals
  if (ledger === undefined || more.length > 0) throw new RangeError('give one ledger, or --now')
  const evidence = createDeepEvidence(database, log)
  const options = {
    ledger,
    json: values.json,
    noFaults: values['no-faults'] ?? false,
    timeoutMs: parseTimeMs('--timeout', values.timeout),
    quietMs: parseTimeMs('--quiet', values.quiet, 0),
    limitPerMin: values.limit === undefined ? null : parseWhole('--limit', values.limit, { min: 1, max: 1e9 }),
  }
  const stopping = new AbortController()
  process.once('SIGINT', () => stopping.abort())
  const withMemory: typeof evidence = {
    ...evidence,
    async lookFurther(account, findings) {
      const rss = maxRss(values.pids)
      return { ...(await evidence.lookFurther?.(account, findings)), ...(rss === null ? {} : { maxRss: rss }) }
    },
  }
  return await runVerify(options, withMemory, stopping.signal)
}

try {
  process.exitCode = await main()
} catch (error) {
  const exitCode =
    error instanceof CommandError
      ? error.exitCode
      : error instanceof EvidenceError
        ? EXIT_CODE.cannotConnect
        : EXIT_CODE.usage
  if (
    !(
      error instanceof CommandError ||
      error instanceof EvidenceError ||
      error instanceof RangeError ||
      error instanceof TypeError
    )
  )
    throw error
  process.stderr.write(`deep-verify: ${error.message}\n`)
  process.exitCode = exitCode
}
