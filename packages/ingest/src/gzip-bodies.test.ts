import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { decodeEnvelope } from '@sluice/contract/envelope'
import { fingerprintOf } from '@sluice/contract/fingerprint'
import { eventually } from '@sluice/runtime/testing/eventually'
import { EVENT, MAX_EVENT_BYTES, openIngest, type Sending } from './testing/open-ingest.ts'

const gzipped = (body: Buffer, key: string, more: Sending = {}): Sending => ({
  body,
  ...more,
  headers: { 'content-encoding': 'gzip', 'idempotency-key': key, ...more.headers },
})

/** An event of exactly `bytes` bytes; of random text, so that packing gains little. */
function anEventOf(bytes: number): string {
  const frame = EVENT.replace('1.10', '""')
  return EVENT.replace(
    '1.10',
    `"${randomBytes(bytes)
      .toString('hex')
      .slice(0, bytes - frame.length)}"`,
  )
}

describe('H15: gzip bodies', () => {
  it('are accepted, and their bytes and fingerprint are those unpacked', async (t) => {
    const { send, records } = await openIngest(t)
    const packed = await send(gzipped(gzipSync(EVENT), 'k1'))
    assert.equal(packed.status, 202)
    const [record] = await records()
    const reading = decodeEnvelope(record?.value ?? Buffer.alloc(0))
    assert.ok(reading.type === 'envelope')
    assert.equal(Buffer.from(reading.event).toString(), EVENT)
    assert.equal(reading.head.fingerprint, fingerprintOf(Buffer.from(EVENT)))
    // The same event as it is, packed otherwise, or in chunks is the same event.
    for (const again of [
      { body: EVENT },
      gzipped(gzipSync(EVENT, { level: 1 }), 'k1'),
      gzipped(gzipSync(EVENT), 'k1', { chunked: true, headers: { 'content-encoding': 'X-GZIP' } }),
      gzipped(Buffer.concat([gzipSync(EVENT.slice(0, 9)), gzipSync(EVENT.slice(9))]), 'k1'),
    ])
      assert.deepEqual((await send(again)).json, { ...packed.json, duplicate: true })
    assert.equal((await records()).length, 1)
  })

  it('may be as large unpacked as any body, however little packing gained', async (t) => {
    const { send } = await openIngest(t)
    const largest = anEventOf(MAX_EVENT_BYTES)
    assert.equal(largest.length, MAX_EVENT_BYTES)
    for (const level of [0, 9])
      assert.equal((await send(gzipped(gzipSync(largest, { level }), `level-${level}`))).status, 202)
    const { status, json } = await send(gzipped(gzipSync(anEventOf(MAX_EVENT_BYTES + 1)), 'larger'))
    assert.deepEqual([status, json.code, json.limit_bytes], [413, 'TOO_LARGE', MAX_EVENT_BYTES])
  })

  it('that are bombs are refused at the limit: 1:1000, and gzip within gzip', async (t) => {
    const { send, records, inFlight } = await openIngest(t)
    const bomb = gzipSync(Buffer.alloc(1_000_000, ' '))
    assert.ok(bomb.length < MAX_EVENT_BYTES)
    assert.equal((await send(gzipped(bomb, 'bomb'))).status, 413)
    const twice = gzipped(gzipSync(bomb), 'twice', { headers: { 'content-encoding': 'gzip, gzip' } })
    assert.equal((await send(twice)).status, 415)
    assert.equal((await records()).length, 0)
    await eventually(() => inFlight.used() === 0)
  })

  const packed = gzipSync(EVENT)
  const broken: Record<string, Buffer> = {
    'cut in the data': packed.subarray(0, 40),
    'cut in the checksum': packed.subarray(0, -2),
    'with a wrong checksum': Buffer.concat([packed.subarray(0, -8), Buffer.alloc(8)]),
    'followed by garbage': Buffer.concat([packed, Buffer.from('garbage')]),
    'that are none': Buffer.from(EVENT),
    'that are deflate': deflateSync(EVENT),
    'that are empty': Buffer.alloc(0),
  }
  for (const [name, body] of Object.entries(broken))
    it(`${name} are refused as malformed`, async (t) => {
      const { send, records } = await openIngest(t)
      const { status, json } = await send(gzipped(body, 'k1'))
      assert.deepEqual([status, json.code], [400, 'MALFORMED_BODY'])
      assert.match(String(json.detail), /gzip/)
      assert.equal((await records()).length, 0)
    })

  it('hold what is wrong with the JSON inside them', async (t) => {
    const { send } = await openIngest(t)
    const { json } = await send(gzipped(gzipSync('{"a":1,"a":2}'), 'k1'))
    assert.deepEqual([json.code, json.offset], ['NOT_I_JSON', 7])
  })

  for (const [coding, body] of [
    ['br', brotliCompressSync(EVENT)],
    ['deflate', deflateSync(EVENT)],
    ['zstd', Buffer.from(EVENT)],
    ['br, gzip', gzipSync(brotliCompressSync(EVENT))],
    ['unknown', Buffer.from(EVENT)],
  ] as const)
    it(`in another coding, ${coding}, are refused with what would be taken`, async (t) => {
      const { send } = await openIngest(t)
      const { status, json, headers } = await send(gzipped(body, 'k1', { headers: { 'content-encoding': coding } }))
      assert.deepEqual([status, json.code], [415, 'UNSUPPORTED_ENCODING'])
      assert.equal(headers['accept-encoding'], 'gzip, identity')
    })

  it('count as the largest event while they come, and by their unpacked size after', async (t) => {
    const hold = Promise.withResolvers<void>()
    let appends = 0
    const { port, send, inFlight } = await openIngest(t, {
      append: (eventLog) => async (topic, records) => {
        appends += 1
        await hold.promise
        return eventLog.append(topic, records)
      },
    })
    const socket = connect(port, '127.0.0.1')
    t.after(() => socket.destroy())
    socket.write(
      `POST /events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nX-API-Key: key_a\r\nIdempotency-Key: slow\r\nContent-Length: ${packed.length}\r\n\r\n`,
    )
    await eventually(() => inFlight.used() === MAX_EVENT_BYTES)
    socket.destroy()
    await eventually(() => inFlight.used() === 0)
    const answer = send(gzipped(packed, 'k1'))
    await eventually(() => appends === 1)
    assert.equal(inFlight.used(), EVENT.length)
    hold.resolve()
    await answer
    await eventually(() => inFlight.used() === 0)
  })
})
