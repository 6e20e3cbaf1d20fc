import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { DataFolderInUseError } from './embedded-errors.ts'
import { ownerState, takeOwnership } from './owner-lock.ts'

function aFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'owner-lock-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

const MODULE = new URL('owner-lock.ts', import.meta.url).href
const takeAndWait = (folder: string) =>
  spawn(process.execPath, [
    '--input-type=module',
    '-e',
    `import { takeOwnership } from '${MODULE}'
     try { takeOwnership(process.argv[1]); console.log('taken'); setInterval(() => {}, 1000) } catch { console.log('refused') }`,
    folder,
  ])

test('refuses a folder whose owner lives, and names it', (t) => {
  const folder = aFolder(t)
  assert.equal(ownerState(folder), 'none')
  takeOwnership(folder)
  assert.equal(ownerState(folder), 'alive')
  assert.throws(
    () => takeOwnership(folder),
    (error) => error instanceof DataFolderInUseError && error.ownerPid === process.pid,
  )
})

test('gives a released folder to the next', (t) => {
  const folder = aFolder(t)
  takeOwnership(folder).release()
  assert.equal(ownerState(folder), 'gone')
  takeOwnership(folder)
  assert.equal(ownerState(folder), 'alive')
})

test('gives the folder of a killed owner to exactly one of those who want it', async (t) => {
  const folder = aFolder(t)
  const owner = takeAndWait(folder)
  await once(owner.stdout, 'data')
  owner.kill('SIGKILL')
  await once(owner, 'exit')
  const contenders = [1, 2, 3, 4].map(() => takeAndWait(folder))
  t.after(() => contenders.forEach((child) => void child.kill('SIGKILL')))
  const said = await Promise.all(contenders.map(async ({ stdout }) => String((await once(stdout, 'data'))[0]).trim()))
  assert.deepEqual(said.sort(), ['refused', 'refused', 'refused', 'taken'])
})

test('does not take another life of the same pid for the owner', (t) => {
  const folder = aFolder(t)
  const { pid } = spawnSync('/bin/true')
  takeOwnership(folder).release()
  const forged = JSON.stringify({ pid: process.pid, start: `not mine, but ${pid}`, released: false })
  const [file = ''] = readdirSync(folder)
  spawnSync('/bin/sh', ['-c', 'printf %s "$1" > "$2"', 'sh', forged, join(folder, file)])
  assert.equal(ownerState(folder), 'gone')
})

test('leaves one file behind, however often the owner changes', (t) => {
  const folder = aFolder(t)
  for (let turn = 0; turn < 5; turn++) takeOwnership(folder).release()
  takeOwnership(folder)
  assert.ok(readdirSync(folder).length <= 2)
})
