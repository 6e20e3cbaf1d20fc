import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { describe, it } from 'node:test'
import { identityOf } from '@sluice/runtime/process-identity'
import { eventually } from '@sluice/runtime/testing/eventually'
import { askPart, askStatus } from './control-client.ts'
import { LOCK_FILE } from './supervisor-lock.ts'
import { startStack, testDataDir } from './testing/started-stack.ts'

const isGone = (pid: number) => identityOf(pid) === null
const stateOf = async (dataDir: string, name: string) =>
  (await askStatus(dataDir))?.processes.find((part) => part.name === name)?.state

describe('sluice dev', { concurrency: 4 }, () => {
  it('starts the parts that exist, tells their state and prints how to use them', async (t) => {
    const dataDir = testDataDir(t)
    const stack = startStack(t, { dataDir })
    const status = await stack.untilReady()
    assert.deepEqual(
      status.processes.map(({ name, state }) => ({ name, state })),
      [
        { name: 'ingest', state: 'ready' },
        { name: 'admin', state: 'ready' },
      ],
    )
    const ingest = await stack.part('ingest')
    assert.match(stack.stdout(), new RegExp(`curl -i http://127\\.0\\.0\\.1:${ingest.port}/events .*key_a`))
    // The part's own lines come by another pipe than its readiness.
    await eventually(() => /^ingest {4}\| listening INGEST_PORT$/m.test(stack.stdout()))
  })

  it('gives the parts their ports, the demo keys and a loopback address', async (t) => {
    const stack = startStack(t, { dataDir: testDataDir(t) })
    await stack.untilReady()
    const [ingest, admin] = [await stack.part('ingest'), await stack.part('admin')]
    const env = (await (await fetch(`http://127.0.0.1:${ingest.port}/env`)).json()) as Record<string, string>
    assert.equal(env.INGEST_PORT, String(ingest.port))
    assert.equal(env.ADMIN_PORT, String(admin.port))
    assert.equal(env.ADMIN_URL, `http://127.0.0.1:${admin.port}`)
    assert.equal(env.API_KEYS, 'tenant_a:key_a,tenant_b:key_b')
    assert.equal(env.HOST, '127.0.0.1')
  })

  it('keeps the keys that the user has set, and does not print them', async (t) => {
    const stack = startStack(t, { dataDir: testDataDir(t), env: { API_KEYS: 'acme:very_secret', ADMIN_TOKEN: 'hush' } })
    await stack.untilReady()
    const { port } = await stack.part('ingest')
    const env = (await (await fetch(`http://127.0.0.1:${port}/env`)).json()) as Record<string, string>
    assert.equal(env.API_KEYS, 'acme:very_secret')
    assert.doesNotMatch(stack.stdout() + stack.stderr(), /very_secret|hush|key_a/)
  })

  it('starts a part again that was killed, on the same port, and says so', async (t) => {
    const dataDir = testDataDir(t)
    const stack = startStack(t, { dataDir })
    await stack.untilReady()
    const before = await stack.part('ingest')
    process.kill(before.pid, 'SIGKILL')
    const after = await eventually(async () => {
      const part = await stack.part('ingest')
      return part.state === 'ready' && part.pid !== before.pid ? part : null
    })
    assert.equal(after.port, before.port)
    const said = /ingest died \(SIGKILL\); starting it again in 100 ms\n[\s\S]*ingest is ready again/
    await eventually(() => said.test(stack.stderr()))
  })

  it('stops one part and leaves it stopped until it is started', async (t) => {
    const dataDir = testDataDir(t)
    const stack = startStack(t, { dataDir })
    await stack.untilReady()
    const [ingest, admin] = [await stack.part('ingest'), await stack.part('admin')]
    const stopped = await askPart(dataDir, 'stop', 'ingest')
    assert.equal(stopped.ready, false)
    assert.deepEqual(stopped.processes[0], { name: 'ingest', pid: null, port: ingest.port, state: 'stopped' })
    assert.ok(isGone(ingest.pid))
    assert.equal((await stack.part('admin')).pid, admin.pid)
    const started = await askPart(dataDir, 'start', 'ingest')
    assert.notEqual(started.processes[0]?.state, 'starting', 'it has been waited for')
    // Each status asks anew, and a busy part may be late with its answer.
    await eventually(async () => (await askStatus(dataDir))?.ready)
  })

  it('does not call a part ready that answers that it is not', async (t) => {
    const dataDir = testDataDir(t)
    const stack = startStack(t, { dataDir })
    await stack.untilReady()
    await fetch(`http://127.0.0.1:${(await stack.part('ingest')).port}/break`)
    assert.equal((await askStatus(dataDir))?.ready, false)
    assert.equal(await stateOf(dataDir, 'ingest'), 'not_ready')
  })

  it('knows no other part than its own', async (t) => {
    const dataDir = testDataDir(t)
    await startStack(t, { dataDir }).untilReady()
    await assert.rejects(askPart(dataDir, 'stop', 'nonsense'), { exitCode: 5, message: /one of ingest, admin/ })
  })

  it('stops everything when it is told to while it prints how to use it', async (t) => {
    const stack = startStack(t, { dataDir: testDataDir(t), flags: ['--stop-at-banner'] })
    assert.equal(await stack.exited, 0)
  })

  it('stops everything on SIGTERM and ends with 0', async (t) => {
    const dataDir = testDataDir(t)
    const stack = startStack(t, { dataDir })
    const { processes } = await stack.untilReady()
    stack.signal('SIGTERM')
    assert.equal(await stack.exited, 0)
    for (const { pid } of processes) assert.ok(isGone(pid ?? 0))
    assert.equal(await askStatus(dataDir), null)
    await assert.rejects(askPart(dataDir, 'stop', 'ingest'), { exitCode: 3 })
  })

  it('stops in order when the signal comes while it starts', async (t) => {
    const dataDir = testDataDir(t)
    const stack = startStack(t, { dataDir, env: { FIXTURE_NEVER_READY: 'ADMIN_PORT' } })
    await eventually(async () => (await stateOf(dataDir, 'ingest')) === 'ready')
    const pids = [(await stack.part('ingest')).pid, (await stack.part('admin')).pid]
    stack.signal('SIGINT')
    assert.equal(await stack.exited, 0)
    for (const pid of pids) assert.ok(isGone(pid))
    assert.doesNotMatch(stack.stdout(), /Sluice is ready/)
  })

  it('leaves at once on a second Ctrl-C, and takes everything along', async (t) => {
    const stack = startStack(t, { dataDir: testDataDir(t), env: { FIXTURE_IGNORES_SIGTERM: 'ADMIN_PORT' } })
    const { processes } = await stack.untilReady()
    stack.signal('SIGINT')
    await eventually(() => stack.stdout().includes('asked to leave'))
    // The same stop, told twice by whoever sends it to a whole process group, is one: so the second comes a little later.
    await eventually(() => {
      stack.signal('SIGINT')
      return isGone(stack.pid)
    })
    assert.equal(await stack.exited, 130)
    for (const { pid } of processes) await eventually(() => isGone(pid ?? 0))
  })

  it('takes one stop that arrives twice for one', async (t) => {
    const stack = startStack(t, { dataDir: testDataDir(t) })
    await stack.untilReady()
    // Held meanwhile, so that both arrive together however long we take to send them.
    for (const signal of ['SIGSTOP', 'SIGTERM', 'SIGINT', 'SIGCONT'] as const) stack.signal(signal)
    assert.equal(await stack.exited, 0)
  })

  it('leaves nothing behind when it is killed, and the next start works on the same ports', async (t) => {
    const dataDir = testDataDir(t)
    const first = startStack(t, { dataDir })
    const { processes } = await first.untilReady()
    const ports = { INGEST_PORT: String(processes[0]?.port), ADMIN_PORT: String(processes[1]?.port) }
    first.signal('SIGKILL')
    await first.exited
    await startStack(t, { dataDir, env: ports }).untilReady()
    for (const { pid } of processes) assert.ok(isGone(pid ?? 0))
  })

  it('refuses a second start on the same data, and leaves the first alone', async (t) => {
    const dataDir = testDataDir(t)
    const first = startStack(t, { dataDir })
    await first.untilReady()
    const second = startStack(t, { dataDir, flags: ['--reset'] })
    assert.equal(await second.exited, 1)
    assert.match(second.stderr(), new RegExp(`^a stack runs on .* already \\(pid ${first.pid}\\).*\n$`))
    assert.equal((await first.untilReady()).ready, true)
  })

  it('names the port that is in use, and its setting', async (t) => {
    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    t.after(() => holder.close())
    const { port } = holder.address() as AddressInfo
    const stack = startStack(t, { dataDir: testDataDir(t), env: { INGEST_PORT: String(port) } })
    assert.equal(await stack.exited, 1)
    assert.match(stack.stderr(), new RegExp(`^port ${port} of ingest is in use: .*INGEST_PORT.*\n$`))
  })

  it('names every wrong setting and ends with 2', async (t) => {
    const stack = startStack(t, { dataDir: testDataDir(t), env: { INGEST_PORT: 'fast', ADMIN_PORT: '70000' } })
    assert.equal(await stack.exited, 2)
    assert.match(stack.stderr(), /INGEST_PORT must be .*\nADMIN_PORT must be /)
  })

  it('gives up when a part refuses its settings', async (t) => {
    const stack = startStack(t, { dataDir: testDataDir(t), env: { FIXTURE_WRONG_SETTINGS: 'ADMIN_PORT' } })
    assert.equal(await stack.exited, 2)
    assert.match(stack.stderr(), /admin {5}\| fixture: SOME_SETTING must be a number/)
    assert.match(stack.stderr(), /admin cannot be started/)
  })

  it('deletes its own data with --reset', async (t) => {
    const dataDir = testDataDir(t)
    const first = startStack(t, { dataDir })
    await first.untilReady()
    writeFileSync(path.join(dataDir, 'old'), '')
    first.signal('SIGTERM')
    await first.exited
    await startStack(t, { dataDir, flags: ['--reset'] }).untilReady()
    assert.equal(readdirSync(dataDir).includes('old'), false)
  })

  it('never touches a folder that is not its own', async (t) => {
    const dataDir = testDataDir(t)
    mkdirSync(dataDir)
    writeFileSync(path.join(dataDir, 'thesis.txt'), '')
    const stack = startStack(t, { dataDir, flags: ['--reset'] })
    assert.equal(await stack.exited, 1)
    assert.match(stack.stderr(), /is not empty and no data folder of Sluice/)
    assert.deepEqual(readdirSync(dataDir), ['thesis.txt'])
  })

  it('says in one line that the data folder is a file', async (t) => {
    const dataDir = testDataDir(t)
    writeFileSync(dataDir, '')
    const stack = startStack(t, { dataDir })
    assert.equal(await stack.exited, 1)
    assert.match(stack.stderr(), /^the data folder .* cannot be used .*\n$/)
  })

  it('keeps the token of its channel from other users', async (t) => {
    const dataDir = testDataDir(t)
    const stack = startStack(t, { dataDir })
    await stack.untilReady()
    assert.equal(statSync(path.join(dataDir, LOCK_FILE)).mode & 0o777, 0o600)
  })
})
