import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs'
import { type LoadOptions, parseArgs } from './args.ts'
import { ANSWER_TIMEOUT_MS, whyUnreachable } from './client.ts'
import { CorpusError, readCorpus } from './events/corpus.ts'
import { CommandError, EXIT_CODE, type ExitCode } from './exit-code.ts'
import { type LedgerWriter, openLedger } from './ledger/ledger-writer.ts'
import type { NotRun } from './parse-command.ts'
import { liveView } from './report/live-view.ts'
import { withProgress } from './report/progress.ts'
import { renderJson, renderText } from './report/report.ts'
import { measuredOf, type RunFacts } from './run-facts.ts'
import { readSecret } from './secret-setting.ts'
import { layDownRun } from './send-run.ts'
import { checkThresholds } from './threshold.ts'
import { openAdminEvidence } from './verify/admin-evidence.ts'
import { parseVerifyArgs } from './verify/args.ts'
import { runVerify } from './verify/run-verify.ts'

/** Stops on the first Ctrl-C or SIGTERM, so that what ran so far is still reported; a second one leaves at once. */
function interruptSignal(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => (controller.signal.aborted ? process.exit(EXIT_CODE.interrupted) : controller.abort()))
  return controller.signal
}

async function openCorpus(file: string | null) {
  if (file === null) return null
  return readCorpus(file).catch((error: unknown) => {
    const problem = error instanceof CorpusError ? error.message : `it cannot be read (${codeOf(error)})`
    throw new CommandError(`--corpus ${file}: ${problem}`, EXIT_CODE.usage, { cause: error })
  })
}

/** Opened before the run: nobody should wait an hour to learn that the report cannot be written. */
function openOutput(file: string | null): number | null {
  if (file === null) return null
  try {
    return openSync(file, 'w')
  } catch (error) {
    throw new CommandError(`--output ${file}: it cannot be written (${codeOf(error)})`, EXIT_CODE.usage, {
      cause: error,
    })
  }
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error))

/** Before the first event: nobody should wait an hour to learn that its ledger could not be written. */
function openLedgerOf(file: string | null, run: Parameters<typeof openLedger>[1]): LedgerWriter | null {
  if (file === null) return null
  try {
    return openLedger(file, run)
  } catch (error) {
    throw new CommandError(`--ledger ${file}: it cannot be written (${codeOf(error)})`, EXIT_CODE.usage, {
      cause: error,
    })
  }
}

async function run(options: LoadOptions): Promise<ExitCode> {
  const corpus = await openCorpus(options.corpus)
  const output = openOutput(options.output)
  const unreachable = await whyUnreachable(options.url, ANSWER_TIMEOUT_MS)
  if (unreachable !== null) throw cannotConnect(options.url, unreachable)

  const stopping = interruptSignal()
  const laid = layDownRun(options, corpus)
  const { schedule, tenants, seed, elapsedMs } = laid
  using ledger = openLedgerOf(options.ledger, laid.runLine)
  process.stderr.write(
    `Sending ${schedule.count} events at ${options.ratePerSecond}/s to ${options.url.href} as ${tenants.join(', ')} (seed ${seed}).\n`,
  )
  const view = liveView({ facts: laid.facts, elapsedMs, schedule })
  const facts = await withProgress(process.stderr, view, () => laid.send({ ledger, stopping }))
  const thresholds = checkThresholds(options.thresholds, measuredOf(facts))
  writeReport(output, options.json ? renderJson(facts, thresholds) : renderText(facts, thresholds))
  if (output !== null) closeSync(output)
  const ended = exitCodeOf(facts)
  return ended === EXIT_CODE.done && thresholds.some(({ held }) => !held) ? EXIT_CODE.thresholdMissed : ended
}

function exitCodeOf({ interrupted, tally: { outcomes } }: RunFacts): ExitCode {
  if (interrupted) return EXIT_CODE.interrupted
  const seen = Object.entries(outcomes).filter(([, count]) => count > 0)
  if (seen.every(([name]) => name === 'connection')) return EXIT_CODE.cannotConnect
  return seen.every(([name]) => name === 'unauthenticated') ? EXIT_CODE.notAllowed : EXIT_CODE.done
}

function cannotConnect(url: URL, code: string): CommandError {
  const advice = 'Is ingest running? `npm start` brings it up; --url names another address.'
  return new CommandError(`cannot connect to ${url.href} (${code}). ${advice}`, EXIT_CODE.cannotConnect)
}

/** @param file a descriptor; null for stdout */
function writeReport(file: number | null, text: string): void {
  if (file !== null) writeFileSync(file, text)
  else process.stdout.write(text)
}

async function verify(argv: readonly string[]): Promise<ExitCode> {
  const { env } = process
  const adminUrl = env.ADMIN_URL || `http://127.0.0.1:${env.ADMIN_PORT ?? '8081'}`
  const parsed = parseVerifyArgs(argv, { adminUrl })
  if (parsed.type !== 'run') return answerNotRun(parsed, 'sluice loadgen verify --help')
  const { adminUrl: url, ...options } = parsed.options
  await using evidence = openAdminEvidence({ adminUrl: url, adminToken: readSecret(env, 'ADMIN_TOKEN') })
  return await runVerify(options, evidence, interruptSignal())
}

function answerNotRun(notRun: NotRun, help: string): ExitCode {
  if (notRun.type === 'usage_error') throw new CommandError(`${notRun.message}\nSee ${help}.`, EXIT_CODE.usage)
  writeReport(null, notRun.text)
  return EXIT_CODE.done
}

async function main(): Promise<ExitCode> {
  if (existsSync('.env')) process.loadEnvFile('.env') // what the environment has already said stays
  const [verb, ...rest] = process.argv.slice(2)
  if (verb === 'verify') return await verify(rest)
  const url = `http://127.0.0.1:${process.env.INGEST_PORT ?? '8080'}`
  const parsed = parseArgs(process.argv.slice(2), { url, keys: readSecret(process.env, 'API_KEYS') })
  return parsed.type === 'run' ? await run(parsed.options) : answerNotRun(parsed, 'sluice loadgen --help')
}

// A reader that has seen enough (`| head`) is no error.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error) => {
    if (codeOf(error) !== 'EPIPE') throw error
  })
try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof CommandError)) throw error
  process.stderr.write(`loadgen: ${error.message}\n`)
  process.exitCode = error.exitCode
}
