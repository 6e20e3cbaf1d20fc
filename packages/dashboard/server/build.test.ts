import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { sourceFiles } from './build.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))

test('nothing that is made by machine counts as a source, so that a build is not stale because it was made', () => {
  const files = sourceFiles()
  assert.ok(files.includes('packages/dashboard/app/layout.tsx'), files.join())
  // Prints those of the files that git is told to ignore; status 1 is none.
  const { status, stdout } = spawnSync('git', ['check-ignore', '--stdin'], { cwd: root, input: files.join('\n') })
  assert.equal(status, 1, String(stdout))
})

test('every component counts as a source, whatever folder it is in', () => {
  const exclude = (name: string) => /(^|\/)(node_modules|\.next)$/.test(name)
  const components = globSync('packages/dashboard/**/*.tsx', { cwd: root, exclude })
  assert.ok(components.length > 50)
  const sources = new Set(sourceFiles())
  assert.deepEqual(
    components.filter((file) => !sources.has(file)),
    [],
  )
})
