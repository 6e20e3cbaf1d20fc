import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Which of our packages each package may import: imports go down the list of docs/architecture.md only. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  contract: [],
  runtime: ['contract'],
  'event-log': ['contract', 'runtime'],
  gate: ['contract', 'runtime'],
  'event-store': ['contract', 'runtime'],
  ingest: ['contract', 'runtime', 'event-log', 'gate'],
  processor: ['contract', 'runtime', 'event-log', 'event-store'],
  admin: ['contract', 'runtime', 'event-log', 'gate', 'event-store'],
  // Only its entry point uses `runtime`: the settings and their promises are the same for every process.
  dashboard: ['contract', 'runtime'],
  loadgen: ['contract'],
  cli: ['contract', 'runtime'],
}

/** What stands outside `packages/` and is never imported from there: benches, the tests of the whole, and the engines that they start. */
const BESIDE_THE_PACKAGES: Record<string, readonly string[]> = {
  bench: ['contract', 'runtime', 'event-log', 'gate', 'event-store', 'infra', 'loadgen'],
  infra: ['runtime'],
  // Of the command only how another terminal asks the supervisor.
  e2e: ['contract', 'runtime', 'infra', 'dashboard', 'cli'],
}

/** Takes the platform apart on purpose: load with a ledger, verifiers that look past its processes, broken entry points behind its ports. */
const TAKES_APART = /^e2e\/faults\//

/** Test fixtures of `runtime` and the engines may be used by the tests of every package, never by what runs in production. */
const TEST_FILE = /(\.test|\.service-test|\.contract)\.ts$|\/testing\//
/** Next starts the dashboard's pages by itself, so what reads their settings per request is an entry point, too. */
const ENTRY_POINT = /\/main\.ts$|^packages\/dashboard\/(admin-api\/settings|server\/build)\.ts$/
const OUR_IMPORT = /(?:from|import)[\s(]*'@sluice\/([a-z-]+)([a-z/-]*)'/g

function sourcesOf(name: string): string[] {
  const files = globSync(`packages/${name}/**/*.{ts,tsx}`, {
    cwd: root,
    exclude: (path) => /node_modules|\.next/.test(path),
  })
  assert.notEqual(files.length, 0, `no sources of ${name}: was the folder renamed?`)
  return files
}

const read = (file: string) => readFileSync(`${root}/${file}`, 'utf8')

test('every package of ours stands in the table of allowed imports', () => {
  const packages = globSync('packages/*/package.json', { cwd: root }).map((file) => file.split('/')[1])
  assert.deepEqual(packages.sort(), Object.keys(MAY_IMPORT).sort())
})

for (const [name, allowed] of Object.entries(MAY_IMPORT)) {
  test(`${name} imports only ${allowed.join(', ') || 'nothing of ours'}`, () => {
    for (const file of sourcesOf(name)) {
      for (const [, target = '', path = ''] of read(file).matchAll(OUR_IMPORT)) {
        const isFixture = target === 'infra' || (target === 'runtime' && path.startsWith('/testing/'))
        if (isFixture) assert.match(file, TEST_FILE, `${file} uses a test fixture outside tests`)
        else assert.ok(target === name || allowed.includes(target), `${file} imports @sluice/${target}`)
      }
    }
  })

  test(`${name} reads the environment only in its entry points`, () => {
    for (const file of sourcesOf(name)) {
      if (TEST_FILE.test(file) || ENTRY_POINT.test(file)) continue
      assert.doesNotMatch(read(file), /process\.env\b/, file)
    }
  })
}

for (const [name, allowed] of Object.entries(BESIDE_THE_PACKAGES)) {
  test(`${name} imports only ${allowed.join(', ')}`, () => {
    const files = globSync(`${name}/**/*.ts`, { cwd: root, exclude: (path) => path.includes('node_modules') })
    assert.notEqual(files.length, 0, `no sources of ${name}: was the folder renamed?`)
    for (const file of files) {
      if (TAKES_APART.test(file)) continue
      for (const [, target = ''] of read(file).matchAll(OUR_IMPORT))
        assert.ok(target === name || allowed.includes(target), `${file} imports @sluice/${target}`)
      assert.doesNotMatch(read(file), /(?:from|import)[\s(]*'(?:\.\.\/)+packages\//, `${file} reaches into a package`)
    }
  })
}

/** A driver's name stands only where connections are made: in the adapters and in what `runtime` gives them. */
const DRIVER_HOMES: Record<string, RegExp> = {
  '@platformatic/kafka': /^packages\/event-log\/src\/kafka/,
  pg: /^packages\/(runtime\/src\/(postgres|migrations|sql-state|testing\/|embedded-postgres)|event-log\/src\/postgres|event-log\/src\/open-event-log|gate\/src\/postgres|gate\/src\/open-gate|event-store\/)/,
  redis: /^packages\/gate\/src\/redis[-/]/,
}

for (const [driver, home] of Object.entries(DRIVER_HOMES)) {
  test(`the driver ${driver} is imported only by its adapters`, () => {
    for (const file of globSync('packages/*/src/**/*.ts', {
      cwd: root,
      exclude: (path) => path.includes('node_modules'),
    })) {
      if (TEST_FILE.test(file) || home.test(file)) continue
      assert.doesNotMatch(read(file), new RegExp(`(?:from|import)[\\s(]*'${driver}'`), `${file} imports ${driver}`)
    }
  })
}

test('pages of the dashboard know nothing of ours but contract', () => {
  for (const file of sourcesOf('dashboard')) {
    if (/^packages\/dashboard\/(server|fake-admin-api)\//.test(file) || TEST_FILE.test(file)) continue
    for (const [, target] of read(file).matchAll(OUR_IMPORT)) assert.equal(target, 'contract', file)
  }
})
