// `npm test`: everything that proves this checkout, in one run: types, lint and format, then every suite.
//   npm test                         all of it
//   npm test -- --only-check         types, lint, format
//   npm test -- packages/gate        the suites below one folder, or one file
import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { openTestPostgres } from '@sluice/runtime/testing/test-postgres'

const root = fileURLToPath(new URL('..', import.meta.url))
const say = (line: string) => process.stderr.write(`${line}\n`)

/** Runs a command with its output shown; resolves to its exit status. */
function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env })
    child.on('error', reject)
    child.on('exit', (status) => resolve(status ?? 1))
  })
}

/** The dashboard has a set of options of its own: it is compiled for browsers. Resolves to the worse exit status. */
async function checkTypes(): Promise<number> {
  const projects = ['.', 'packages/dashboard']
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

/** The suites that can run here, and those that cannot, each with its reason. */
function findSuites(targets: readonly string[]): string[] {
  const within = targets.length === 0 ? ['packages', 'e2e'] : targets
  const files = within.flatMap((target) =>
    target.endsWith('.ts')
      ? [target]
      : globSync(`${target.replace(/\/$/, '')}/**/*.test.ts`, {
          cwd: root,
          exclude: (name) => /(^|\/)(node_modules|\.next)$/.test(name),
        }),
  )
  if (files.length === 0) throw new Error(`no suites below ${within.join(', ')}`)
  return files.sort()
}

async function runSuites(files: readonly string[]): Promise<boolean> {
  await using postgres = await openTestPostgres()
  // Suites wait for processes and the database more than they compute: one more than the cores keeps both busy.
  const concurrency = availableParallelism() + 1
  const status = await run(
    process.execPath,
    ['--test', '--test-reporter=spec', `--test-concurrency=${concurrency}`, ...files],
    { ...process.env, SLUICE_TEST_POSTGRES_URL: postgres.url },
  )
  return status === 0
}

const args = process.argv.slice(2)
const onlyCheck = args.includes('--only-check')
const targets = args.filter((argument) => !argument.startsWith('--'))
const checked = targets.length > 0 || (await check())
const passed = onlyCheck || (await runSuites(findSuites(targets)))
if (!checked) say('✖ npm test: types, lint or format failed, see above')
process.exitCode = checked && passed ? 0 : 1
