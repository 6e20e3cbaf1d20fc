import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

type LockEntry = { optionalDependencies?: Record<string, string>; resolved?: string }
const lock = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as {
  packages: Record<string, LockEntry>
}

test('the lockfile knows the optional packages of every platform, so that npm ci works on each', () => {
  for (const [parent, { optionalDependencies = {} }] of Object.entries(lock.packages)) {
    for (const name of Object.keys(optionalDependencies)) {
      const known = `node_modules/${name}` in lock.packages || `${parent}/node_modules/${name}` in lock.packages
      assert.ok(known, `${name} of ${parent || 'the root'} is missing: run node scripts/complete-lock.mjs`)
    }
  }
})

test('the lockfile names no registry host', () => {
  for (const [path, { resolved = '' }] of Object.entries(lock.packages)) {
    assert.doesNotMatch(resolved, /^https?:/, `${path} was resolved from a host`)
  }
})
