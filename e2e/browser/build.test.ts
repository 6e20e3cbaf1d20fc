import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { globSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { buildIfStale, isBuilt, sourceFiles } from '@sluice/dashboard/build'
import { openFakeAdminApi } from '@sluice/dashboard/fake-admin-api'
import { openDashboard } from './dashboard.ts'
import { KINDS_OF_PAGES, scriptBytes } from './script-bytes.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const next = fileURLToPath(new URL('../../packages/dashboard/.next', import.meta.url))
const read = (file: string) => readFileSync(path.join(next, file), 'utf8')

/** Script of a page, gzipped, before anybody touches it: 135 kB are the framework's. Charts, panels and the bench come later. */
const MAX_SCRIPT_BYTES = 170_000

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

  it('sends no page more script than its budget', async (t) => {
    await using fake = await openFakeAdminApi({ token: null })
    await using dashboard = await openDashboard({ adminUrl: fake.url })
    for (const page of KINDS_OF_PAGES) {
      const { bytes, scripts } = await scriptBytes(dashboard.url + page)
      assert.ok(scripts > 0, page)
      t.diagnostic(`${page}: ${(bytes / 1000).toFixed(1)} kB in ${scripts} scripts`)
      assert.ok(bytes <= MAX_SCRIPT_BYTES, `${page}: ${bytes} bytes`)
    }
  })

  it('takes at most 25 MB of files on disk, without what nobody calls', () => {
    const files = globSync('standalone/**/*', { cwd: next, withFileTypes: true }).filter((entry) => entry.isFile())
    const bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(path.join(parentPath, name)).size, 0)
    assert.ok(bytes <= 25_000_000, `${(bytes / 1e6).toFixed(1)} MB`)
  })
})
