import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import { EVENT, openIngest } from './testing/open-ingest.ts'

type Ingest = Awaited<ReturnType<typeof openIngest>>

const HEAD =
  'POST /events HTTP/1.1\r\nHost: x\r\nX-API-Key: key_a\r\nContent-Type: application/json\r\nIdempotency-Key: k1\r\n'
const withLength = (bytes: number) => `${HEAD}Content-Length: ${bytes}\r\n\r\n`

/** A bare connection: `ended` is all that came until the other side closed it. */
function openSocket(t: TestContext, { port }: Ingest, ...writes: string[]) {
  const socket = connect(port, '127.0.0.1')
  t.after(() => socket.destroy())
  let received = ''
  socket.setEncoding('latin1').on('data', (chunk) => {
    received += chunk
  })
  socket.on('error', () => {})
  for (const text of writes) socket.write(text, 'latin1')
  return { socket, received: () => received, ended: once(socket, 'close').then(() => received) }
}

const statusesOf = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))

/** Time limits that a test can wait for; Node looks at them once a second. */
function hurry({ server }: Ingest): void {
  server.headersTimeout = 200
  server.requestTimeout = 400
}

test('H2: NUL in a field is answered 400, and nothing is in the log', async (t) => {
  const ingest = await openIngest(t)
  const head = HEAD.replace('k1', 'k\u0000')
  const { ended } = openSocket(t, ingest, `${head}Content-Length: ${EVENT.length}\r\n\r\n${EVENT}`)
  assert.deepEqual(statusesOf(await ended), [400])
  assert.equal((await ingest.records()).length, 0)
})

test('H9: a length that is too small cuts the body, and what follows is no request', async (t) => {
  const ingest = await openIngest(t)
  const { ended } = openSocket(t, ingest, withLength(EVENT.length - 1) + EVENT)
  const text = await ended
  assert.deepEqual(statusesOf(text), [400])
  assert.match(text, /MALFORMED_BODY/)
  assert.equal((await ingest.records()).length, 0)
})

test('H9 H10: a length that is too large is answered 408 once the time is over, its bytes free again', async (t) => {
  const ingest = await openIngest(t)
  hurry(ingest)
  const { ended } = openSocket(t, ingest, withLength(EVENT.length + 1) + EVENT)
  assert.deepEqual(statusesOf(await ended), [408])
  await eventually(() => ingest.inFlight.used() === 0)
  assert.equal((await ingest.records()).length, 0)
})

for (const [what, start] of [
  ['head', HEAD],
  ['body', withLength(1_000)],
] as const)
  test(`H10: a ${what} that comes byte by byte is answered 408: single bytes buy no time`, async (t) => {
    const ingest = await openIngest(t)
    hurry(ingest)
    const { socket, ended } = openSocket(t, ingest, start)
    const drip = setInterval(() => socket.write('x'), 20)
    t.after(() => clearInterval(drip))
    assert.deepEqual(statusesOf(await ended), [408])
    assert.equal((await ingest.records()).length, 0)
    await eventually(() => ingest.inFlight.used() === 0)
  })

test('H10: 5,000 idle connections keep nobody from being served, and are closed', async (t) => {
  const ingest = await openIngest(t)
  // None is closed before all are there, however slow this machine is.
  ingest.server.headersTimeout = 0
  ingest.server.requestTimeout = 0
  const idle: Socket[] = []
  t.after(() => {
    for (const socket of idle) socket.destroy()
  })
  // In steps, as the kernel holds so many that were not accepted yet.
  while (idle.length < 5_000) {
    const step = Array.from({ length: 250 }, () => connect(ingest.port, '127.0.0.1'))
    idle.push(...step)
    await Promise.all(step.map((socket) => once(socket, 'connect')))
  }
  const count = () => new Promise<number>((resolve) => ingest.server.getConnections((_, open) => resolve(open)))
  await eventually(async () => (await count()) === 5_000)
  assert.equal((await ingest.send()).status, 202)
  hurry(ingest)
  for (const socket of idle) socket.resume()
  await eventually(() => idle.every(({ readableEnded, destroyed }) => readableEnded || destroyed))
  assert.equal((await ingest.send({ headers: { 'idempotency-key': 'k2' } })).status, 202)
})

/** A second request hidden in the first, for whoever reads the head in another way. */
const HIDDEN = `${HEAD.replace('k1', 'hidden')}Content-Length: ${EVENT.length}\r\n\r\n${EVENT}`
const CHUNKED = `0\r\n\r\n${HIDDEN}`
const smuggled: Record<string, string> = {
  'a length and chunks': `Content-Length: ${CHUNKED.length}\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKED}`,
  'chunks and a length': `Transfer-Encoding: chunked\r\nContent-Length: ${CHUNKED.length}\r\n\r\n${CHUNKED}`,
  'two lengths': `Content-Length: 0\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
  'a list of lengths': `Content-Length: 0, ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
  'a length with a sign': `Content-Length: +${HIDDEN.length}\r\n\r\n${HIDDEN}`,
  'a negative length': `Content-Length: -1\r\n\r\n${HIDDEN}`,
  'a space before the colon': `Transfer-Encoding : chunked\r\nContent-Length: 0\r\n\r\n${HIDDEN}`,
  'another transfer coding': `Transfer-Encoding: xchunked\r\nContent-Length: 0\r\n\r\n${CHUNKED}`,
  'chunked that is not the last': `Transfer-Encoding: chunked, identity\r\n\r\n${CHUNKED}`,
  'a field folded onto two lines': `Transfer-Encoding:\r\n chunked\r\nContent-Length: 0\r\n\r\n${CHUNKED}`,
  'a bare line feed': `X: y\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n${CHUNKED}`,
  'a bare carriage return': `X: y\rTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n${CHUNKED}`,
  'a chunk size with garbage': `Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n${HIDDEN}`,
  'a chunk that is longer than its size': `Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n${HIDDEN}`,
}
for (const [name, rest] of Object.entries(smuggled))
  test(`H11: ${name}: one answer, the connection closed, the hidden request nowhere`, async (t) => {
    const ingest = await openIngest(t)
    const text = await openSocket(t, ingest, HEAD + rest).ended
    assert.deepEqual(statusesOf(text), [400])
    assert.match(text, /^connection: close\r$/im)
    assert.equal((await ingest.records()).length, 0)
  })

test('H11: a refused request is not followed by another on its connection while its body was not read', async (t) => {
  const ingest = await openIngest(t)
  const refused = HEAD.replace('key_a', 'nobody')
  const text = await openSocket(t, ingest, `${refused}Content-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`).ended
  assert.deepEqual(statusesOf(text), [401])
  assert.equal((await ingest.records()).length, 0)
})
