import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { testDatabase } from '@sluice/runtime/testing/test-database'

const BIN = fileURLToPath(new URL('../bin/sluice.mjs', import.meta.url))

async function sluice(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [BIN, ...args], { env: { PATH: process.env.PATH, ...env } })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const [code] = await once(child, 'close')
  return { code, stdout, stderr }
}

describe('sluice', { concurrency: true }, () => {
  it('answers the status of nothing with JSON alone on standard output, and exit 1', async () => {
    const { code, stdout, stderr } = await sluice([
      'dev',
      'status',
      '--json',
      '--data',
      path.join(tmpdir(), 'no-such-folder'),
    ])
    assert.equal(code, 1)
    assert.deepEqual(JSON.parse(stdout), { ready: false, database_url: null, processes: [] })
    assert.match(stderr, /^sluice: nothing runs on .*--data DIR\n$/)
  })

  it('cannot stop a part of nothing: exit 3', async () => {
    const { code } = await sluice(['dev', 'stop', 'ingest', '--data', path.join(tmpdir(), 'no-such-folder')])
    assert.equal(code, 3)
  })

  it('ends with 2 and the nearest name for a slip', async () => {
    const { code, stdout, stderr } = await sluice(['migrat'])
    assert.equal(code, 2)
    assert.equal(stdout, '')
    assert.match(stderr, /migrate/)
  })

  it('wants to know which database to migrate', async () => {
    const { code, stderr } = await sluice(['migrate'], { DATABASE_URL: 'mysql://x' })
    assert.equal(code, 2)
    assert.match(stderr, /DATABASE_URL must be/)
  })

  it('says when it cannot reach the database, without its password', async () => {
    const { code, stderr } = await sluice(['migrate'], { DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/x' })
    assert.equal(code, 3)
    assert.match(stderr, /the database at postgres:\/\/me:\*\*\*@127\.0\.0\.1:1\/x does not answer/)
  })

  it('applies what is missing, once', async (t) => {
    const database = await testDatabase(t)
    await database.sql('DROP SCHEMA public CASCADE', [])
    await database.sql('CREATE SCHEMA public', [])
    const first = await sluice(['migrate'], { DATABASE_URL: database.url })
    assert.equal(first.code, 0, first.stderr)
    assert.match(first.stderr, /applied migration event-log 1 /)
    const second = await sluice(['migrate'], { DATABASE_URL: database.url })
    assert.match(second.stderr, /nothing to apply/)
  })

  it('hands everything after loadgen to the load generator, and its exit code back', async () => {
    const help = await sluice(['loadgen', '--help'])
    assert.equal(help.code, 0)
    assert.match(help.stdout, /--rps/)
    assert.equal((await sluice(['loadgen', '--no-such-option'])).code, 2)
  })
})
