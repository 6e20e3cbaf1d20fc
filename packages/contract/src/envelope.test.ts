import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { decodeEnvelope, encodeEnvelope } from './envelope.ts'
import { newReceiptId } from './identifiers.ts'

const head = {
  receiptId: newReceiptId(1_700_000_000_000),
  tenantId: 'tenant_a',
  idempotencyKey: 'k1',
  fingerprint: 'ab'.repeat(32),
  requestId: 'r-1',
  receivedAt: '2026-01-31T12:00:00.000Z',
}

describe('envelope', () => {
  it('gives back head and bytes for every key and body', () => {
    const key = fc.string({
      unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
      minLength: 1,
      maxLength: 255,
    })
    fc.assert(
      fc.property(key, fc.uint8Array(), (idempotencyKey, body) => {
        fc.pre(!/^".*"$/.test(idempotencyKey))
        const reading = decodeEnvelope(encodeEnvelope({ ...head, idempotencyKey }, body))
        assert.ok(reading.type === 'envelope')
        assert.deepEqual(reading.head, { ...head, idempotencyKey })
        assert.deepEqual(Buffer.from(reading.event), Buffer.from(body))
      }),
    )
  })

  it('is JSON with the body spliced in', () => {
    const value = encodeEnvelope({ ...head, idempotencyKey: 'a",\\"event":{' }, Buffer.from('{"n":1.10}'))
    assert.deepEqual(JSON.parse(value.toString()).event, { n: 1.1 })
    assert.match(value.toString(), /"event":\{"n":1\.10\}\}$/)
  })

  for (const value of ['', '{}', 'null', '{"v":1}', '\u0000', '{"v":2,"event":{}}', '{"event":{}}', 'x,"event":}']) {
    it(`calls ${JSON.stringify(value)} malformed`, () => {
      assert.equal(decodeEnvelope(Buffer.from(value)).type, 'malformed')
    })
  }

  for (const [member, bad] of Object.entries({
    tenantId: 'a b',
    fingerprint: 'ab',
    receiptId: 'x',
    receivedAt: 'now',
    requestId: ' ',
  })) {
    it(`refuses a head whose ${member} breaks its rule`, () => {
      assert.equal(decodeEnvelope(encodeEnvelope({ ...head, [member]: bad }, Buffer.from('{}'))).type, 'malformed')
    })
  }
})
