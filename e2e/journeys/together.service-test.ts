import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { isStopped, signalAll } from '@sluice/infra/engines/process-tree'
import { eventually } from '@sluice/runtime/testing/eventually'
import { countProduces, type ProduceCounter } from '../count-produces.ts'
import { openFullStack } from '../full-stack.ts'
import { recordsInLog } from '../lag.ts'
import { eventText } from '../send.ts'

const REQUESTS = 100
const PARTITIONS = 6

test('full: 100 requests that arrive together cost one gate call, one produce a partition at most, and one settle', {
  timeout: 400_000,
}, async (t) => {
  const counters: ProduceCounter[] = []
  t.after(() => Promise.all(counters.map((counter) => counter[Symbol.asyncDispose]())))
  const stack = await openFullStack(t, {
    env: { RATE_LIMIT_PER_MIN: '1000' },
    kafka: {
      async advertise(port) {
        const counter = await countProduces(port)
        counters.push(counter)
        return counter.port
      },
    },
  })
  const counts = async () => ({
    scripts: (await stack.redis.calls()).get('evalsha') ?? 0,
    produces: counters.reduce((sum, counter) => sum + counter.produces(), 0),
  })
  const sockets = await Promise.all(Array.from({ length: REQUESTS }, () => openKeptSocket(t, stack.ingestUrl)))
  const before = await counts()
  // While ingest stands still its machine takes in what is sent; when it goes on it finds all of it at once.
  const ingest = await stack.pidOf('ingest')
  process.kill(ingest, 'SIGSTOP')
  t.after(() => signalAll([ingest], 'SIGCONT'))
  // What came before it stands still would be a micro-batch of its own.
  await eventually(() => isStopped(ingest), { message: 'ingest standing still' })
  await Promise.all(sockets.map((socket, nth) => write(socket, requestOf(`together-${nth}`))))
  process.kill(ingest, 'SIGCONT')
  const answers = await Promise.all(sockets.map(async (socket) => String((await once(socket, 'data'))[0])))
  for (const answer of answers) assert.match(answer, /^HTTP\/1\.1 202 /)

  // Ends of claims wait some milliseconds for another admit to travel with.
  await eventually(async () => (await counts()).scripts - before.scripts >= 2, { message: 'the call to settle' })
  const after = await counts()
  assert.equal(after.scripts - before.scripts, 2, 'one call to admit, one to settle')
  const produces = after.produces - before.produces
  assert.ok(produces >= 1 && produces <= PARTITIONS, `${produces} produce requests`)
  assert.equal(await recordsInLog(stack), REQUESTS)
})

/** A connection that ingest has taken and answered on once. */
async function openKeptSocket(t: TestContext, ingestUrl: string): Promise<Socket> {
  const socket = connect(Number(new URL(ingestUrl).port), '127.0.0.1')
  t.after(() => socket.destroy())
  socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n')
  await once(socket, 'data')
  return socket
}

const write = (socket: Socket, bytes: string) => new Promise<void>((done) => socket.write(bytes, () => done()))

function requestOf(key: string): string {
  const body = eventText(key)
  const head = ['POST /events HTTP/1.1', 'Host: a', 'X-API-Key: key_a', `Idempotency-Key: ${key}`]
  return [...head, 'Content-Type: application/json', `Content-Length: ${body.length}`, '', body].join('\r\n')
}
