import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { readVersion } from './version.ts'

const COMMIT = '0123456789abcdef0123456789abcdef01234567'

function testRoot(t: TestContext, files: Record<string, string>): string {
  const root = mkdtempSync(path.join(tmpdir(), 'sluice-version-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  for (const [name, content] of Object.entries({ 'package.json': '{"version":"1.2.3"}', ...files })) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
    writeFileSync(path.join(root, name), content)
  }
  return root
}

describe('readVersion', () => {
  it('knows the version of this checkout', () => {
    assert.match(readVersion().version, /^\d+\.\d+\.\d+/)
  })

  const cases: Record<string, Record<string, string>> = {
    'a branch': { '.git/HEAD': 'ref: refs/heads/main\n', '.git/refs/heads/main': `${COMMIT}\n` },
    'a packed branch': {
      '.git/HEAD': 'ref: refs/heads/main\n',
      '.git/packed-refs': `# pack-refs\n${COMMIT} refs/heads/main\n`,
    },
    'a detached head': { '.git/HEAD': `${COMMIT}\n` },
    'a linked work tree': {
      '.git': 'gitdir: real/worktrees/x\n',
      'real/worktrees/x/HEAD': 'ref: refs/heads/b\n',
      'real/worktrees/x/commondir': '../..\n',
      'real/refs/heads/b': COMMIT,
    },
    'an image': { COMMIT: `${COMMIT}\n` },
  }
  for (const [name, files] of Object.entries(cases))
    it(`finds the commit of ${name}`, (t) => {
      assert.deepEqual(readVersion(testRoot(t, files)), { version: '1.2.3', commit: COMMIT })
    })

  it('says null where no commit is known', (t) => {
    assert.equal(readVersion(testRoot(t, {})).commit, null)
  })
})
