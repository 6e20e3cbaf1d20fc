import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

/** Of the client library, and of Prometheus itself. */
const FOREIGN = /^(process_|nodejs_|up$)/
const METRIC = /\b(?:sluice|process|nodejs)_[a-z0-9_]+/g

/** Every metric that some process registers, with the names that its histograms have besides. */
function registered(): Set<string> {
  const names = globSync('packages/*/src/**/*.ts', { exclude: ['**/node_modules/**', '**/*.test.ts'] }).flatMap(
    (file) => [...readFileSync(file, 'utf8').matchAll(/name: '(sluice_[a-z0-9_]+)'/g)].map(([, name = '']) => name),
  )
  return new Set(names.flatMap((name) => [name, `${name}_bucket`, `${name}_sum`, `${name}_count`]))
}

for (const file of ['infra/grafana/dashboards/sluice.json', 'infra/prometheus/rules.yml'])
  test(`${file} asks for metrics that some process has`, () => {
    const known = registered()
    const asked = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => /expr|sum\(|rate\(/.test(line))
      .flatMap((line) => line.match(METRIC) ?? [])
    assert.notEqual(asked.length, 0)
    assert.deepEqual(
      [...new Set(asked)].filter((name) => !known.has(name) && !FOREIGN.test(name)),
      [],
    )
  })

for (const name of ['ingest', 'processor', 'admin'])
  test(`the README of ${name} names each of its metrics and no other`, () => {
    const readme = readFileSync(`packages/${name}/README.md`, 'utf8')
    const named = [...readme.matchAll(/^\| `(sluice_[a-z0-9_]+)`/gm)].map(([, metric]) => metric)
    const own = globSync(`packages/${name}/src/**/*.ts`, { exclude: ['**/*.test.ts'] }).flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/name: '(sluice_[a-z0-9_]+)'/g)].map(([, metric]) => metric),
    )
    assert.deepEqual(named.sort(), own.sort())
  })
