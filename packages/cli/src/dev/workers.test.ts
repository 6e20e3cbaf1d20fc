import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import { askPart, askStatus } from './control-client.ts'
import { PARTS } from './parts.ts'
import { startStack, testDataDir } from './testing/started-stack.ts'
import { workersOf } from './workers.ts'

describe('several ingest processes', { concurrency: 3 }, () => {
  it('are none more than the parts when there is one', () => {
    const workers = workersOf(PARTS, 1)
    assert.deepEqual(
      workers.map(({ name }) => name),
      PARTS.map(({ name }) => name),
    )
    assert.ok(workers.every(({ isOneOfSeveral }) => !isOneOfSeveral))
  })

  it('are parts of their own: the first keeps the name, and nothing else is doubled', () => {
    assert.deepEqual(
      workersOf(PARTS, 3).map(({ name, part }) => [name, part]),
      [
        ['ingest', 'ingest'],
        ['ingest-2', 'ingest'],
        ['ingest-3', 'ingest'],
        ['processor', 'processor'],
        ['admin', 'admin'],
        ['dashboard', 'dashboard'],
      ],
    )
  })

  it('share one port and answer for themselves on ports of their own', async (t) => {
    const stack = startStack(t, { dataDir: testDataDir(t), env: { INGEST_WORKERS: '2' } })
    await stack.untilReady()
    const [first, second] = [await stack.part('ingest'), await stack.part('ingest-2')]
    assert.equal(first.port, second.port)
    assert.notEqual(first.pid, second.pid)
    const ownAddresses = [...stack.stdout().matchAll(/its own health and metrics: (\S+)/g)].map(
      ([, address]) => address,
    )
    const ownPorts = await Promise.all(
      ownAddresses.map(async (address) => {
        const env = (await (await fetch(`${address}/env`)).json()) as Record<string, string>
        assert.equal(env.INGEST_PORT, String(first.port))
        return `http://127.0.0.1:${env.INGEST_OPERATIONS_PORT}`
      }),
    )
    assert.deepEqual(ownPorts, ownAddresses)
    assert.equal(new Set(ownPorts).size, 2)
  })

  it('come back alone and are stopped alone', async (t) => {
    const dataDir = testDataDir(t)
    const stack = startStack(t, { dataDir, env: { INGEST_WORKERS: '2' } })
    await stack.untilReady()
    const [first, second] = [await stack.part('ingest'), await stack.part('ingest-2')]
    process.kill(second.pid, 'SIGKILL')
    await eventually(async () => {
      const part = await stack.part('ingest-2')
      return part.state === 'ready' && part.pid !== second.pid
    })
    assert.equal((await stack.part('ingest')).pid, first.pid)
    await askPart(dataDir, 'stop', 'ingest-2')
    // Each status asks anew, and a busy part may be late with its answer.
    await eventually(async () => {
      const states = (await askStatus(dataDir))?.processes.map(({ name, state }) => [name, state])
      assert.deepEqual(states, [
        ['ingest', 'ready'],
        ['ingest-2', 'stopped'],
        ['admin', 'ready'],
      ])
      return true
    })
  })

  it('take the ports after INGEST_OPERATIONS_PORT, or say which of them is in use', async (t) => {
    const taken = await openTaken(t)
    const env = { INGEST_WORKERS: '2', INGEST_OPERATIONS_PORT: String(taken - 1) }
    const stack = startStack(t, { dataDir: testDataDir(t), env })
    assert.equal(await stack.exited, 1)
    assert.match(
      stack.stderr(),
      new RegExp(`port ${taken} of operations of ingest-2 is in use: .* set INGEST_OPERATIONS_PORT to another port`),
    )
  })
})

/** A port at which somebody else listens. */
async function openTaken(t: TestContext): Promise<number> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}
