import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { LOCK_FILE, readSupervisorRecord, takeSupervisorLock } from './supervisor-lock.ts'

const CONTROL = { port: 1, token: 'mine' }

function emptyDir(t: TestContext): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'sluice-lock-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** A record of a process that had this very pid in an earlier life of the machine. */
const DEAD = {
  supervisor: { pid: process.pid, identity: 'another boot 1' },
  control: { port: 2, token: 'theirs' },
  processes: [{ name: 'ingest', pid: 4_000_000, identity: 'another boot 2' }],
}

describe('lock of a data folder', () => {
  it('is held by one at a time', (t) => {
    const dir = emptyDir(t)
    assert.equal(takeSupervisorLock(dir, CONTROL).type, 'taken')
    assert.deepEqual(takeSupervisorLock(dir, { port: 3, token: 'other' }), { type: 'held', pid: process.pid })
  })

  it('is free again after its release, and nothing of it stays', (t) => {
    const dir = emptyDir(t)
    const first = takeSupervisorLock(dir, CONTROL)
    assert.ok(first.type === 'taken')
    first.lock.release()
    first.lock.release()
    assert.deepEqual(readdirSync(dir), [])
    assert.equal(takeSupervisorLock(dir, CONTROL).type, 'taken')
  })

  it('passes over from a dead process, told from a living one with its pid, with what that one left behind', (t) => {
    const dir = emptyDir(t)
    writeFileSync(path.join(dir, LOCK_FILE), JSON.stringify(DEAD))
    const outcome = takeSupervisorLock(dir, CONTROL)
    assert.ok(outcome.type === 'taken')
    assert.deepEqual(outcome.leftBehind, DEAD)
    assert.equal(readSupervisorRecord(dir)?.control.token, 'mine')
    assert.deepEqual(readdirSync(dir), [LOCK_FILE])
  })

  it('is taken where its file cannot be read as one', (t) => {
    const dir = emptyDir(t)
    writeFileSync(path.join(dir, LOCK_FILE), '{"supervisor":')
    assert.equal(takeSupervisorLock(dir, CONTROL).type, 'taken')
  })

  it('tells who looks for it which processes run', (t) => {
    const dir = emptyDir(t)
    const outcome = takeSupervisorLock(dir, CONTROL)
    assert.ok(outcome.type === 'taken')
    outcome.lock.recordProcesses(DEAD.processes)
    assert.deepEqual(readSupervisorRecord(dir)?.processes, DEAD.processes)
  })

  it('never comes back when it was released, or the folder is gone', (t) => {
    const dir = emptyDir(t)
    const outcome = takeSupervisorLock(dir, CONTROL)
    assert.ok(outcome.type === 'taken')
    rmSync(dir, { recursive: true })
    outcome.lock.recordProcesses(DEAD.processes)
    outcome.lock.release()
    assert.equal(readSupervisorRecord(dir), null)
  })
})
