import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { decodeEnvelope } from '@sluice/contract/envelope'
import { createSeededRandom, testSeed } from '@sluice/runtime/testing/seeded-random'
import { mutatedRequest } from './testing/mutated-request.ts'
import { openIngest } from './testing/open-ingest.ts'

/** `SLUICE_FUZZ_REQUESTS=20000` for a long run. */
const REQUESTS = Number(process.env.SLUICE_FUZZ_REQUESTS ?? 5_000)
/** Those whose end never comes are answered after a second: with so many side by side they cost a few in all. */
const SIDE_BY_SIDE = 200
/** Asked behind each mutated request: its answer comes last, whatever became of the one before. */
const LAST_REQUEST = 'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'

/** All that the server says on one connection; `broken` when it was reset, and an answer may have been lost with it. */
async function exchange(port: number, bytes: Buffer): Promise<{ text: string; broken: boolean }> {
  const socket = connect(port, '127.0.0.1')
  let text = ''
  let isAnswered = false
  let broken = false
  socket.setEncoding('latin1').on('data', (chunk) => {
    text += chunk
    if (isAnswered || !/^HTTP\/1\.1 (?!100)/m.test(text)) return
    isAnswered = true
    socket.write(LAST_REQUEST)
  })
  // Closed by the other side while we write: what it had answered is read, unless the reset overtook it.
  socket.on('error', () => {
    broken = true
  })
  socket.write(bytes)
  await once(socket, 'close')
  return { text, broken }
}

test(`H19: ${REQUESTS} mutated requests: no 5xx, no crash, and in the log is what was accepted and nothing else`, async (t) => {
  const seed = testSeed()
  const random = createSeededRandom(seed)
  const ingest = await openIngest(t, { ratePerMin: 1e9, wrongKeysPerSecond: 1e9, capBytes: 64 * 1_048_576 })
  ingest.server.headersTimeout = 100
  ingest.server.requestTimeout = 200

  const statuses = new Map<string, number>()
  const receipts = new Set<string>()
  /** Keys whose outcome nobody was told. */
  const unknown = new Set<string>()
  let sent = 0
  const sender = async () => {
    while (sent < REQUESTS) {
      sent += 1
      const bytes = mutatedRequest(random, sent)
      const key = `k${sent}`
      const { text, broken } = await exchange(ingest.port, bytes)
      if (broken) unknown.add(key)
      for (const [, status = ''] of text.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)) {
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
        assert.ok(status < '500', `seed ${seed}: ${status} to ${JSON.stringify(bytes.toString('latin1'))}`)
      }
      for (const [, receipt = ''] of text.matchAll(/"duplicate":false,"receipt_id":"([^"]+)"/g)) receipts.add(receipt)
    }
  }
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, sender))
  t.diagnostic(`seed ${seed}: ${JSON.stringify(Object.fromEntries([...statuses].sort()))}`)

  const records = await ingest.records()
  const readings = records.map(({ value }) => decodeEnvelope(value))
  const logged = readings.map((reading) => (reading.type === 'envelope' ? reading.head.receiptId : reading.detail))
  const untold = readings.filter((reading) => reading.type === 'envelope' && unknown.has(reading.head.idempotencyKey))
  const untoldReceipts = untold.map((reading) => (reading.type === 'envelope' ? reading.head.receiptId : ''))
  assert.deepEqual(new Set(logged), new Set([...receipts, ...untoldReceipts]))
  assert.equal(new Set(logged).size, logged.length)
  for (const reading of readings) {
    assert.ok(reading.type === 'envelope')
    const event: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(reading.event))
    assert.ok(typeof event === 'object' && event !== null && !Array.isArray(event))
  }
  // A mutation that hit nothing, or everything, would prove nothing.
  for (const status of ['202', '400', '401', '404', '408', '413', '415', '431'])
    assert.ok(statuses.has(status), `seed ${seed}: no ${status} among ${REQUESTS}`)
  assert.equal(({} as { x?: number }).x, undefined)
  assert.equal((await ingest.send({ headers: { 'idempotency-key': 'after' } })).status, 202)
})
