import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { buildIfStale, isBuilt, sourceFiles } from '@sluice/dashboard/build'

const root = fileURLToPath(new URL('../..', import.meta.url))
const next = fileURLToPath(new URL('../../packages/dashboard/.next', import.meta.url))
const read = (file: string) => readFileSync(path.join(next, file), 'utf8')

before(() => buildIfStale((line) => process.stderr.write(`${line}\n`)))

describe('the build', () => {
  it("is made once: what it writes itself makes it stale in nobody's eyes", () => {
    assert.ok(isBuilt())
    const ignored = spawnSync('git', ['check-ignore', '--stdin'], { cwd: root, input: sourceFiles().join('\n') })
    assert.equal(ignored.stdout.toString(), '', 'files that git does not know are no sources')
  })

  it('froze no page: what is made at build time would show that moment for ever', () => {
    const { routes } = JSON.parse(read('prerender-manifest.json')) as { routes: Record<string, unknown> }
    assert.deepEqual(
      Object.keys(routes).filter((route) => !/^\/(icon\.svg|_global-error)/.test(route)),
      [],
    )
  })

  it('keeps settings out of what a browser gets', () => {
    const files = globSync('static/**/*.js', { cwd: next })
    assert.ok(files.length > 0)
    for (const file of files) assert.doesNotMatch(read(file), /process\.env\.ADMIN|createHmac|typebox/, file)
  })

  it('takes at most 25 MB of files on disk, without what nobody calls', () => {
    const files = globSync('standalone/**/*', { cwd: next, withFileTypes: true }).filter((entry) => entry.isFile())
    const bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(path.join(parentPath, name)).size, 0)
    assert.ok(bytes <= 25_000_000, `${(bytes / 1e6).toFixed(1)} MB`)
  })
})
