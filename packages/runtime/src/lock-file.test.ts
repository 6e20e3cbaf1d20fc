import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { moveLockFileAway, readLockFile, takeLockFile } from './lock-file.ts'

function lockFile(t: { after(end: () => void): void }): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-lock-file-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  return path.join(dir, 'lock')
}

test('a lock is taken by one, and is there with all its content', (t) => {
  const file = lockFile(t)
  assert.equal(readLockFile(file), null)
  assert.equal(takeLockFile(file, 'first'), true)
  assert.equal(takeLockFile(file, 'second'), false)
  assert.equal(readLockFile(file), 'first')
  assert.deepEqual(readdirSync(path.dirname(file)), ['lock'])
})

test('the lock of a dead holder is moved away by one of those who saw it', (t) => {
  const file = lockFile(t)
  takeLockFile(file, 'dead')
  assert.deepEqual([moveLockFileAway(file, 'dead'), moveLockFileAway(file, 'dead')], [true, false])
  assert.deepEqual(readdirSync(path.dirname(file)), [])
})

test('a lock that somebody took meanwhile stays', (t) => {
  const file = lockFile(t)
  writeFileSync(file, 'alive')
  assert.equal(moveLockFileAway(file, 'dead'), false)
  assert.equal(readLockFile(file), 'alive')
  assert.deepEqual(readdirSync(path.dirname(file)), ['lock'])
})
