import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

test('topic names stand only in contract, so that no part can disagree about them', () => {
  const files = globSync('packages/*/src/**/*.ts', { cwd: root, exclude: (path) => path.includes('node_modules') })
  assert.notEqual(files.length, 0)
  for (const file of files) {
    if (/^packages\/contract\//.test(file) || /test\.ts$/.test(file)) continue
    const code = readFileSync(`${root}/${file}`, 'utf8').replace(/^\s*(\/\/|\*|\/\*).*$/gm, '')
    assert.doesNotMatch(code, /'events\.(raw|dlq)'/, file)
  }
})
