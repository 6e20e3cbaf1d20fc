import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

const here = (file: string) => JSON.stringify(fileURLToPath(new URL(file, import.meta.url)))

const PRELUDE = `
import { configOrExit, runProcess } from ${here('./lifecycle.ts')}
import { createLogger } from ${here('./logger.ts')}
import { ConfigError } from ${here('./errors.ts')}
const log = createLogger({ name: 'child', level: 'info' })
const open = (stack, name) => stack.defer(() => { log.info('closed.' + name) })
const keepOpen = () => setInterval(() => {}, 1_000)
`

interface Child {
  process: ChildProcess
  /** Resolves once a log line with this event was printed. */
  saw(event: string): Promise<void>
  ended: Promise<{ status: number | null; events: string[]; stdout: string; stderr: string }>
}

/** Runs a script under the lifecycle in a process of its own, with an IPC channel as a supervisor would give it. */
function startChild(t: TestContext, script: string): Child {
  const child = spawn(process.execPath, ['--input-type=module', '-e', PRELUDE + script], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  t.after(() => child.kill('SIGKILL'))
  const { stdout: out, stderr: err } = child
  assert.ok(out !== null && err !== null)
  let stdout = ''
  let stderr = ''
  const events = () =>
    stdout
      .split('\n')
      .flatMap((line) => (line.startsWith('{') && line.endsWith('}') ? [String(JSON.parse(line).event)] : []))
  err.on('data', (data) => {
    stderr += data
  })
  const watchers = new Set<() => void>()
  out.on('data', (data) => {
    stdout += data
    for (const look of watchers) look()
  })
  // Not 'close' of the child: it never comes once we have closed the channel ourselves.
  const outputs = [out, err].map((stream) => once(stream, 'close'))
  const ended = Promise.all([once(child, 'exit'), ...outputs]).then(([[status]]) => ({
    status: status as number | null,
    events: events(),
    stdout,
    stderr,
  }))
  return {
    process: child,
    saw: (event) =>
      new Promise((resolve, reject) => {
        const look = () => events().includes(event) && resolve()
        watchers.add(look)
        look()
        ended.then(() => reject(new Error(`ended without ${event}: ${stdout}${stderr}`)))
      }),
    ended,
  }
}

const SERVICE = `
await runProcess({ name: 'child', log, deadlineMs: 10_000 }, async ({ stack }) => {
  const timer = keepOpen()
  stack.defer(() => { clearInterval(timer) })
  open(stack, 'first'); open(stack, 'second')
  log.info('up')
})`

describe('runProcess', { timeout: 120_000 }, () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    it(`closes what was opened in reverse and exits 0 on ${signal}`, async (t) => {
      const child = startChild(t, SERVICE)
      await child.saw('up')
      child.process.kill(signal)
      const { status, events } = await child.ended
      assert.equal(status, 0)
      assert.deepEqual(events, ['up', 'process.stopping', 'closed.second', 'closed.first', 'process.stopped'])
    })

  it('leaves in good order when the channel to its supervisor closes', async (t) => {
    const child = startChild(t, SERVICE)
    await child.saw('up')
    child.process.disconnect()
    const { status, events, stdout } = await child.ended
    assert.equal(status, 0)
    assert.equal(events.at(-1), 'process.stopped')
    assert.match(stdout, /supervisor gone/)
  })

  it('leaves at once with a bad status on a second signal', async (t) => {
    const child = startChild(
      t,
      `await runProcess({ name: 'child', log }, async ({ stack }) => {
        keepOpen()
        stack.defer(() => new Promise(() => {}))
        log.info('up')
      })`,
    )
    await child.saw('up')
    child.process.kill('SIGTERM')
    await child.saw('process.stopping')
    child.process.kill('SIGTERM')
    const { status, events } = await child.ended
    assert.equal(status, 1)
    assert.ok(!events.includes('process.deadline'))
  })

  it('ends with status 1 at the deadline and names what was still open', async (t) => {
    const child = startChild(
      t,
      `await runProcess({ name: 'child', log, deadlineMs: 50 }, async () => { keepOpen(); log.info('up') })`,
    )
    await child.saw('up')
    child.process.kill('SIGTERM')
    const { status, stderr, events } = await child.ended
    assert.equal(status, 1)
    assert.match(stderr, /child: still open 50 ms after the wish to stop: .*Timeout/)
    assert.ok(events.includes('process.deadline'))
  })

  it('ends with status 2 and every problem on standard error when the settings are wrong', async (t) => {
    const child = startChild(
      t,
      `await runProcess({ name: 'child', log }, async ({ stack }) => { open(stack, 'first'); throw new ConfigError(['A is bad', 'B is bad']) })`,
    )
    const { status, stderr, events } = await child.ended
    assert.deepEqual([status, stderr], [2, 'child: A is bad\nchild: B is bad\n'])
    assert.deepEqual(events, ['closed.first'])
  })

  it('closes what was already open when the start fails, logs the cause and ends with status 1', async (t) => {
    const child = startChild(
      t,
      `await runProcess({ name: 'child', log }, async ({ stack }) => { open(stack, 'first'); throw new Error('starting', { cause: new Error('refused') }) })`,
    )
    const { status, events, stdout } = await child.ended
    assert.equal(status, 1)
    assert.deepEqual(events, ['closed.first', 'process.failed'])
    assert.match(stdout, /refused/)
  })

  it('ends with status 1 when a part of it asks to stop because of an error', async (t) => {
    const child = startChild(
      t,
      `await runProcess({ name: 'child', log }, async ({ stack, stop }) => { open(stack, 'first'); setTimeout(() => stop(new Error('step 3 hung')), 1) })`,
    )
    const { status, events, stdout } = await child.ended
    assert.equal(status, 1)
    assert.deepEqual(events, ['process.stopping', 'closed.first', 'process.failed'])
    assert.match(stdout, /step 3 hung/)
  })

  it('logs a crash outside of any caller and ends with status 1', async (t) => {
    const child = startChild(
      t,
      `await runProcess({ name: 'child', log }, async () => { keepOpen(); setTimeout(() => { Promise.reject(new TypeError('oops')) }, 1) })`,
    )
    const { status, events, stdout } = await child.ended
    assert.deepEqual([status, events], [1, ['process.crashed']])
    assert.match(stdout, /oops/)
  })
})

describe('configOrExit', { timeout: 120_000 }, () => {
  it('returns what was parsed', async (t) => {
    const { status, stdout } = await startChild(t, `process.stdout.write('port ' + configOrExit('child', () => 8080))`)
      .ended
    assert.deepEqual([status, stdout], [0, 'port 8080'])
  })

  it('ends with status 2 and every problem on standard error', async (t) => {
    const { status, stderr } = await startChild(t, `configOrExit('child', () => { throw new ConfigError(['A', 'B']) })`)
      .ended
    assert.deepEqual([status, stderr], [2, 'child: A\nchild: B\n'])
  })
})
