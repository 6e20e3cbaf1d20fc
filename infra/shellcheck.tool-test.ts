import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

test('shellcheck has nothing to say about any script', () => {
  const scripts = ['.ci/run', ...globSync('infra/**/*.sh', { cwd: root })]
  assert.ok(scripts.length >= 3, scripts.join())
  const { status, stdout, error } = spawnSync('shellcheck', scripts, { cwd: root, encoding: 'utf8' })
  assert.equal(error, undefined)
  assert.equal(status, 0, stdout)
})
