import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { chooseUser } from './run-as.ts'

function passwdWith(t: TestContext, lines: readonly string[]): { folder: string; passwd: string } {
  const folder = mkdtempSync(join(tmpdir(), 'run-as-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const passwd = join(folder, 'passwd')
  writeFileSync(passwd, ['root:x:0:0::/root:/bin/sh', ...lines].join('\n'))
  return { folder, passwd }
}

const POSTGRES = 'postgres:x:101:104::/var/lib/postgresql:/bin/sh'
const NOBODY = 'nobody:x:65534:65534::/:/bin/sh'

test('changes no user when it is not root', (t) => {
  const { folder, passwd } = passwdWith(t, [POSTGRES])
  assert.deepEqual(chooseUser(folder, passwd, 1000).ids, {})
})

test('runs as the owner of the checkout, when that is not root', (t) => {
  const { folder, passwd } = passwdWith(t, [POSTGRES, 'dev:x:4711:4712::/home/dev:/bin/sh'])
  assert.deepEqual(
    chooseUser(folder, passwd, 0, () => 4711),
    { name: 'dev', ids: { uid: 4711, gid: 4712 } },
  )
})

test('runs as postgres, else as nobody, in a checkout of root', (t) => {
  const both = passwdWith(t, [NOBODY, POSTGRES])
  assert.equal(chooseUser(both.folder, both.passwd, 0, () => 0).name, 'postgres')
  const one = passwdWith(t, [NOBODY])
  assert.equal(chooseUser(one.folder, one.passwd, 0, () => 0).name, 'nobody')
})

test('says what to do where root is alone', (t) => {
  const { folder, passwd } = passwdWith(t, [])
  assert.throws(() => chooseUser(folder, passwd, 0, () => 0), /add one \(useradd postgres\) or set DATABASE_URL/)
})
