import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { eventually } from '@sluice/runtime/testing/eventually'
import type { Engine } from './engine.ts'
import { openKafka } from './kafka-cluster.ts'
import { answersApiVersions } from './kafka-ready.ts'
import { runKafkaTool } from './kafka-tool.ts'
import { answersSelect, openPostgres } from './postgres-server.ts'
import { processTree, stillRunning } from './process-tree.ts'
import { answersPing, openRedis } from './redis-server.ts'

type Opened = { engine: Engine; answers: () => Promise<boolean>; dispose: () => PromiseLike<void> }

const ENGINES: Record<string, () => Promise<Opened>> = {
  async redis() {
    const engine = await openRedis()
    return { engine, answers: () => answersPing(engine.port), dispose: () => engine[Symbol.asyncDispose]() }
  },
  async postgres() {
    const engine = await openPostgres()
    return { engine, answers: () => answersSelect(engine.url), dispose: () => engine[Symbol.asyncDispose]() }
  },
  async kafka() {
    const cluster = await openKafka()
    const [engine] = cluster.brokers
    return { engine, answers: () => answersApiVersions(engine.port), dispose: () => cluster[Symbol.asyncDispose]() }
  },
}

for (const [name, open] of Object.entries(ENGINES)) {
  test(`${name} can be killed, stalled, stopped and started again on its port, and leaves nothing`, async (t) => {
    const { engine, answers, dispose } = await open()
    t.after(async () => dispose())
    // Each question has a second or less, which is too little for a busy machine now and then.
    await eventually(answers, { message: `${name} answering` })
    const first = await treeOf(engine)

    await engine.kill()
    assert.deepEqual([engine.pid, await answers(), await stillRunning(first)], [null, false, []])
    await engine.start()
    await eventually(answers, { message: `${name} answering after it was killed` })

    await engine.stall()
    assert.equal(await answers(), false)
    await engine.resume()
    await eventually(answers, { message: `${name} answering after it was stalled` })

    await engine.stop()
    await engine.stop()
    assert.deepEqual([engine.pid, await answers()], [null, false])
    await engine.start()

    // A stalled one is ended as well.
    await engine.stall()
    const last = await treeOf(engine)
    await dispose()
    await dispose()
    assert.deepEqual([await stillRunning(last), existsSync(engine.folder)], [[], false])
  })
}

async function treeOf(engine: Engine): Promise<number[]> {
  assert.ok(engine.pid)
  return processTree(engine.pid)
}

test('three brokers make one cluster, each with a listener behind a proxy and one with TLS', async (t) => {
  const advertised: number[] = []
  const cluster = await openKafka({
    brokers: 3,
    secure: true,
    advertise(port) {
      advertised.push(port)
      return port
    },
  })
  t.after(async () => cluster[Symbol.asyncDispose]())
  assert.equal(cluster.proxiedBootstrap, advertised.map((port) => `127.0.0.1:${port}`).join())
  for (const port of advertised) await eventually(() => answersApiVersions(port), { message: `port ${port} answering` })

  assert.ok(cluster.secure)
  const [first = ''] = cluster.secure.bootstrap.split(',')
  const port = Number(first.split(':')[1])
  const socket = connectTls({ host: '127.0.0.1', port, ca: readFileSync(cluster.secure.caFile) })
  await once(socket, 'secureConnect')
  assert.equal(socket.authorized, true)
  socket.destroy()

  const said = await runKafkaTool('topics', [
    ...['--bootstrap-server', cluster.bootstrap, '--create', '--topic', 'test.three', '--replication-factor', '3'],
  ])
  assert.match(said, /Created topic test\.three/)
})

test('what a killed process had opened ends with it and leaves no folder', async (t) => {
  const module = new URL('postgres-server.ts', import.meta.url).href
  const script = `import { openPostgres } from '${module}'
const engine = await openPostgres(); console.log(engine.url, engine.pid, engine.folder); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => child.kill('SIGKILL'))
  const [url = '', pid, folder = ''] = String((await once(child.stdout, 'data'))[0])
    .trim()
    .split(' ')
  const tree = await processTree(Number(pid))
  assert.equal(existsSync(folder), true)
  child.kill('SIGKILL')
  await eventually(async () => (await stillRunning(tree)).length === 0, {
    message: 'the server gone',
  })
  await eventually(() => !existsSync(folder), { message: 'the folder gone' })
  assert.equal(await answersSelect(url), false)
})
