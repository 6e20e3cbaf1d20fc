import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { identityOf } from '@sluice/runtime/process-identity'
import { eventually } from '@sluice/runtime/testing/eventually'
import { startStack, testDataDir } from './testing/started-stack.ts'

const isGone = (pid: number) => identityOf(pid) === null

describe('sluice dev with its embedded database', () => {
  it('starts it again after a kill where the parts know it, and stops it last', async (t) => {
    const stack = startStack(t, { dataDir: testDataDir(t), withDatabase: true })
    const { database_url: url } = await stack.untilReady()
    const before = await stack.part('postgres')
    const env = (await (await fetch(`http://127.0.0.1:${(await stack.part('ingest')).port}/env`)).json()) as object
    assert.equal('DATABASE_URL' in env && env.DATABASE_URL, url)
    process.kill(before.pid, 'SIGKILL')
    const after = await eventually(async () => {
      const part = await stack.part('postgres')
      return part.state === 'ready' && part.pid !== before.pid ? part : null
    })
    assert.equal(after.port, before.port)
    await eventually(() => /postgres died .*; starting it again/.test(stack.stderr()))
    stack.signal('SIGTERM')
    assert.equal(await stack.exited, 0)
    assert.ok(isGone(after.pid))
    assert.match(stack.stderr(), /admin has stopped[\s\S]*stopping postgres[\s\S]*postgres has stopped/)
  })

  it('takes over the database of a supervisor that was killed', async (t) => {
    const dataDir = testDataDir(t)
    const first = startStack(t, { dataDir, withDatabase: true })
    await first.untilReady()
    const left = await first.part('postgres')
    first.signal('SIGKILL')
    await first.exited
    await startStack(t, { dataDir, withDatabase: true }).untilReady()
    assert.ok(isGone(left.pid))
  })

  it('says in one line that the data is broken, and starts anew with --reset', async (t) => {
    const dataDir = testDataDir(t)
    const first = startStack(t, { dataDir, withDatabase: true })
    await first.untilReady()
    first.signal('SIGTERM')
    await first.exited
    rmSync(path.join(dataDir, 'postgres', 'cluster', 'pg_xact'), { recursive: true })
    const broken = startStack(t, { dataDir, withDatabase: true })
    assert.equal(await broken.exited, 1)
    assert.match(broken.stderr(), /^PostgreSQL in .* --reset.*\n$/m)
    await startStack(t, { dataDir, withDatabase: true, flags: ['--reset'] }).untilReady()
  })
})
