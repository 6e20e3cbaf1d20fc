import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { chooseUser } from './run-as.ts'
import { findServerFiles } from './server-files.ts'

const log = { info() {} }
const user = chooseUser(fileURLToPath(new URL('.', import.meta.url)))
const installed = dirname(dirname(findServerFiles(user, () => aFolderFor(user.name), log).binDir))

function aFolderFor(name: string): string {
  throw new Error(`the checkout of these tests must be within reach of ${name}`)
}

function aFolder(t: TestContext, mode: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'server-files-'))
  chmodSync(folder, mode)
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

/** A package as npm leaves it when install scripts are off: without its library links. */
function aPackage(folder: string): string {
  const place = join(folder, 'package')
  mkdirSync(place)
  cpSync(installed, place, {
    recursive: true,
    filter: (source) => !source.includes('/include/'),
    verbatimSymlinks: true,
  })
  rmSync(join(place, 'native', 'lib', 'libicuuc.so.60'), { force: true })
  return place
}

const versionAs = (binDir: string) =>
  spawnSync(join(binDir, 'postgres'), ['--version'], { ...user.ids, cwd: '/', encoding: 'utf8' }).stdout

test('makes the library links that an install script would have made', (t) => {
  const place = aPackage(aFolder(t, 0o755))
  const { binDir, version } = findServerFiles(user, () => aFolder(t, 0o755), log, place)
  assert.equal(binDir, join(place, 'native', 'bin'))
  assert.match(versionAs(binDir), new RegExp(`PostgreSQL\\) ${version.split('.')[0]}\\.`))
})

test('moves the files within reach of the server’s user, in links that take no space', (t) => {
  const place = aPackage(aFolder(t, 0o700))
  const spare = aFolder(t, 0o755)
  const found = findServerFiles(user, () => spare, log, place)
  if (user.ids.uid === undefined) return assert.equal(found.binDir, join(place, 'native', 'bin'))
  assert.equal(dirname(dirname(dirname(found.binDir))), spare)
  assert.match(versionAs(found.binDir), /PostgreSQL/)
  assert.equal(statSync(join(found.binDir, 'postgres')).ino, statSync(join(place, 'native', 'bin', 'postgres')).ino)
  assert.deepEqual(
    findServerFiles(user, () => spare, log, place),
    found,
  )
})

test('copies files that only their owner may read', (t) => {
  const place = aPackage(aFolder(t, 0o700))
  spawnSync('chmod', ['-R', 'go=', place])
  const spare = aFolder(t, 0o755)
  const { binDir } = findServerFiles(user, () => spare, log, place)
  assert.match(versionAs(binDir), /PostgreSQL/)
  assert.ok(existsSync(join(binDir, '..', 'share')))
})
