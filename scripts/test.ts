// `npm test`: everything that proves this checkout, in one run: types, lint and format, then every suite.
//   npm test                         all of it
//   npm test -- --only-check         types, lint, format
//   npm test -- packages/gate        the suites below one folder, or one file
//   npm run test:faults              the faults alone, the long ones included
//   npm run test:browser             the console in a real browser, all of it
// Suites that need Kafka or Redis run when KAFKA_BROKERS and REDIS_ADDR are set (`npm run engines`). Otherwise they are listed as
// not run; with REQUIRE_ENGINES=1 that fails the run.
import { spawn } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openTestPostgres } from '@sluice/runtime/testing/test-postgres'
import { chromiumPath } from '../e2e/browser/chromium-path.ts'
import { type NotRun, partSuites } from './suites.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
/** What takes minutes, or a machine of its own: it runs by name. */
const LONG_SUITES = 'Longer suites (e2e/**/*.long-test.ts) run with: npm run test:faults, npm run test:browser'
const say = (line: string) => process.stderr.write(`${line}\n`)

/** Runs a command with its output shown; resolves to its exit status. */
function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env })
    child.on('error', reject)
    child.on('exit', (status) => resolve(status ?? 1))
  })
}

/** What runs in browsers has sets of options of its own. Resolves to the worse exit status. */
async function checkTypes(): Promise<number> {
  const projects = ['.', 'packages/dashboard', 'e2e/browser']
  const tsc = ['node_modules/typescript/bin/tsc', '--noEmit', '-p']
  return Math.max(...(await Promise.all(projects.map((project) => run(process.execPath, [...tsc, project])))))
}

/** Types, lint and format side by side; false when one of them found something. */
async function check(): Promise<boolean> {
  const statuses = await Promise.all([
    checkTypes(),
    run(process.execPath, ['node_modules/@biomejs/biome/bin/biome', 'ci', '--log-level=warn', '.']),
  ])
  say(statuses[0] === 0 ? '✔ types' : '✖ types')
  say(statuses[1] === 0 ? '✔ lint and format' : '✖ lint and format (npm run format mends most)')
  return statuses.every((status) => status === 0)
}

/** Files of suites below the targets. */
function findFiles(targets: readonly string[], withLongFaults: boolean): string[] {
  const within = targets.length === 0 ? ['packages', 'bench', 'e2e', 'infra', 'scripts'] : targets
  const files = within.flatMap((target) =>
    target.endsWith('.ts')
      ? [target]
      : globSync(
          `${target.replace(/\/$/, '')}/**/*.{test,service-test,tool-test${withLongFaults ? ',long-test' : ''}}.ts`,
          {
            cwd: root,
            exclude: (name) => /(^|\/)(node_modules|\.next)$/.test(name),
          },
        ),
  )
  if (files.length === 0) throw new Error(`no suites below ${within.join(', ')}`)
  return files
}

/** Suites start some hundred processes of ours: read from TypeScript once, each takes half the CPU to start. */
const COMPILED = { NODE_COMPILE_CACHE: join(root, '.cache/node') }

const hasProgram = (name: string): boolean =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => folder !== '' && existsSync(join(folder, name)))

async function runSuites(files: readonly string[], withLongFaults: boolean): Promise<boolean> {
  await using postgres = await openTestPostgres()
  // Suites wait for processes and the database more than they compute: one more than the cores keeps both busy.
  const concurrency = availableParallelism() + 1
  // A database that somebody works with is none for tests.
  const { DATABASE_URL: _, ...env } = process.env
  const status = await run(
    process.execPath,
    ['--test', '--test-reporter=spec', `--test-concurrency=${concurrency}`, ...files],
    {
      ...env,
      ...COMPILED,
      SLUICE_TEST_POSTGRES_URL: postgres.url,
      ...(withLongFaults ? { SLUICE_LONG_FAULTS: '1' } : {}),
    },
  )
  return status === 0
}

/** An absent engine is never a pass: what it keeps from running is said, with what to do about it. */
function listNotRun(notRun: readonly NotRun[]): void {
  if (notRun.length === 0) return
  say(`\n${notRun.length} not run:`)
  for (const { file, reason } of notRun) say(`  ${file}: ${reason}`)
  say('Run those of engines too: npm run engines -- with npm test. What CI needs from Debian is in .ci/run')
}

const args = process.argv.slice(2)
const onlyCheck = args.includes('--only-check')
const withLongFaults = args.includes('--faults') || args.includes('--long')
const named = args.filter((argument) => !argument.startsWith('--'))
const targets = args.includes('--faults') && named.length === 0 ? ['e2e/faults'] : named

const { run: files, notRun } = onlyCheck
  ? { run: [], notRun: [] }
  : partSuites(findFiles(targets, withLongFaults), process.env, { hasBrowser: chromiumPath() !== null, hasProgram })
const isIncomplete = process.env.REQUIRE_ENGINES === '1' && notRun.length > 0
const checked = isIncomplete || targets.length > 0 || (await check())
const passed = isIncomplete || files.length === 0 || (await runSuites(files, withLongFaults))
listNotRun(notRun)
if (!withLongFaults && targets.length === 0 && !onlyCheck) say(`\n${LONG_SUITES}`)
if (isIncomplete) say('✖ npm test: REQUIRE_ENGINES=1, and the engines above are not there')
if (!checked) say('✖ npm test: types, lint or format failed, see above')
process.exitCode = checked && passed && !isIncomplete ? 0 : 1
