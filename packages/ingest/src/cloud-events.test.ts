import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decodeEnvelope } from '@sluice/contract/envelope'
import { judgeEvent } from '@sluice/contract/event'
import type { LogRecord } from '@sluice/event-log'
import { eventually } from '@sluice/runtime/testing/eventually'
import { openIngest, type Sending } from './testing/open-ingest.ts'

const CE = '{"specversion":"1.0","id":"1001","source":"/shop","type":"order.paid","time":"2026-01-02T03:04:05Z"'
const structured = (body: string, headers: Sending['headers'] = {}): Sending => ({
  body,
  headers: { 'content-type': 'application/cloudevents+json; charset=utf-8', 'idempotency-key': null, ...headers },
})
const binary = (headers: Sending['headers'] = {}, body = '{"n":1.10}'): Sending => ({
  body,
  headers: {
    'idempotency-key': null,
    ...{ 'ce-specversion': '1.0', 'ce-id': '1001', 'ce-source': '/shop', 'ce-type': 'order.paid' },
    ...headers,
  },
})
const batched = (body: string, headers: Sending['headers'] = {}): Sending => ({
  path: '/events/batch',
  body,
  headers: { 'content-type': 'application/cloudevents-batch+json', 'idempotency-key': null, ...headers },
})

/** What lies in the log, by the order of its keys. */
const inLog = (records: readonly LogRecord[]) =>
  records
    .map(({ key, value }) => {
      const reading = decodeEnvelope(value)
      assert.ok(reading.type === 'envelope')
      const judgement = judgeEvent(reading.event)
      const { idempotencyKey, receivedAt } = reading.head
      return { key, idempotencyKey, receivedAt, text: Buffer.from(reading.event).toString(), judgement }
    })
    .sort((a, b) => (a.idempotencyKey < b.idempotencyKey ? -1 : 1))
const textOf = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString())

describe('CloudEvents', () => {
  it('takes one in structured mode: its data byte for byte, what has no name of ours under extra', async (t) => {
    const { send, records } = await openIngest(t)
    const data = '{ "n": 1.10, "big": 12345678901234567890 }'
    const rest = `,"subject":"\\u00e9","dataschema":"https://schemas/v07/order/v3","traced":true,"partitionkey":"p","data":${data}}`
    const { status, json } = await send(structured(CE + rest))
    assert.deepEqual([status, json.duplicate], [202, false])
    const [found] = inLog(await records())
    assert.ok(found?.judgement.type === 'valid', found?.text)
    const { payload, extra, ...fields } = found.judgement.event
    assert.deepEqual(
      { ...fields, key: found.key, idempotencyKey: found.idempotencyKey },
      {
        eventId: '1001',
        eventType: 'order.paid',
        schemaVersion: 3,
        occurredAt: '2026-01-02T03:04:05Z',
        key: 'tenant_a:p',
        idempotencyKey: '/shop1001',
      },
    )
    assert.equal(textOf(payload), data)
    assert.deepEqual(JSON.parse(textOf(extra) ?? ''), {
      cloudevents: {
        specversion: '1.0',
        source: '/shop',
        subject: 'é',
        dataschema: 'https://schemas/v07/order/v3',
        traced: true,
        partitionkey: 'p',
      },
    })
  })

  it('takes one in binary mode: attributes from the head, percent-decoded, the body as its data', async (t) => {
    const { send, records } = await openIngest(t)
    const headers = { 'ce-subject': 'Euro%20%E2%82%AC', 'ce-schemaversion': '007', 'ce-partitionkey': 'p' }
    assert.equal((await send(binary({ ...headers, 'ce-time': '2026-01-02T04:04:05+01:00' }))).status, 202)
    const [found] = inLog(await records())
    assert.ok(found?.judgement.type === 'valid', found?.text)
    const { payload, extra, eventId, eventType, schemaVersion, occurredAt } = found.judgement.event
    assert.deepEqual(
      [eventId, eventType, schemaVersion, occurredAt, textOf(payload), found.key],
      ['1001', 'order.paid', 7, '2026-01-02T03:04:05Z', '{"n":1.10}', 'tenant_a:p'],
    )
    const { subject, datacontenttype } = JSON.parse(textOf(extra) ?? '').cloudevents
    assert.deepEqual([subject, datacontenttype], ['Euro €', 'application/json'])
  })

  it('takes a batch, each event on its own', async (t) => {
    const { send, records } = await openIngest(t)
    const bodies = [
      `${CE},"data":{}}`,
      '{"specversion":"1.0","id":"2","source":"/shop"}',
      `${CE.replace('1001', '3')},"data":{}}`,
    ]
    const { status, json } = await send(batched(`[${bodies.join(' , ')}]`))
    const results = json.results as { status: number; code?: string; detail?: string }[]
    assert.deepEqual([status, results.map((item) => item.code ?? item.status)], [207, [202, 'BAD_REQUEST', 202]])
    assert.match(results[1]?.detail ?? '', /attribute type is missing/)
    assert.deepEqual(
      inLog(await records()).map(({ idempotencyKey }) => idempotencyKey),
      ['/shop1001', '/shop3'],
    )
    const again = await send(batched(`[${bodies[0]}]`, { 'idempotency-key': 'k' }))
    assert.equal(again.status, 202)
    assert.ok(inLog(await records()).some(({ idempotencyKey }) => idempotencyKey === 'k/0'))
    assert.equal((await send(batched(`[${CE},]`))).json.code, 'MALFORMED_BODY')
  })

  it('knows a repeat by its bytes, also without a time, and another event under the same name', async (t) => {
    const { send, records } = await openIngest(t)
    const timeless = `${CE.replace(/,"time".*/, '')},"data":{}}`
    for (const [first, other] of [
      [structured(timeless), structured(timeless.replace('{}', '{"x":1}'))],
      [binary({ 'ce-id': 'b' }), binary({ 'ce-id': 'b', 'ce-subject': 'another' })],
    ] as const) {
      const sent = await send(first)
      const sentMs = Date.now()
      await eventually(() => Date.now() > sentMs, { message: 'another millisecond of receipt' })
      const repeat = await send(first)
      assert.deepEqual(
        [repeat.status, repeat.json.duplicate, repeat.json.receipt_id],
        [202, true, sent.json.receipt_id],
      )
      assert.equal((await send(other)).json.code, 'IDEMPOTENCY_KEY_REUSED')
    }
    for (const { judgement, receivedAt } of inLog(await records())) {
      assert.ok(judgement.type === 'valid')
      assert.ok(Math.abs(Date.parse(judgement.event.occurredAt) - Date.parse(receivedAt)) < 60_000)
      assert.equal(judgement.event.schemaVersion, 1)
    }
  })

  it('prefers the keys of the head', async (t) => {
    const { send, records } = await openIngest(t)
    const keys = { 'idempotency-key': 'mine', 'x-partition-key': 'p1' }
    assert.equal((await send(structured(`${CE},"partitionkey":"p2","data":{}}`, keys))).status, 202)
    const [found] = inLog(await records())
    assert.deepEqual([found?.idempotencyKey, found?.key], ['mine', 'tenant_a:p1'])
  })

  for (const name of ['specversion', 'id', 'source', 'type'])
    it(`answers 400 that names ${name} when it is missing, empty or no text`, async (t) => {
      const { send, records } = await openIngest(t)
      const whole = JSON.parse(`${CE},"data":{}}`)
      for (const value of [undefined, null, '', 7]) {
        const { status, json } = await send(structured(JSON.stringify({ ...whole, [name]: value })))
        assert.deepEqual([status, json.code], [400, 'BAD_REQUEST'])
        assert.match(String(json.detail), new RegExp(`attribute ${name} is missing`))
        assert.deepEqual((json.errors as { pointer: string }[])[0]?.pointer, `/${name}`)
      }
      for (const value of [null, '']) {
        const { status, json } = await send(binary({ [`ce-${name}`]: value }))
        assert.deepEqual([status, json.code], [400, 'BAD_REQUEST'])
        assert.match(String(json.detail), new RegExp(`ce-${name}`))
      }
      assert.deepEqual(await records(), [])
    })

  const refused: [string, Sending, string, number][] = [
    ['another version of CloudEvents', structured(`${CE.replace('1.0', '0.3')},"data":{}}`), 'BAD_REQUEST', 400],
    ['what is no JSON', structured(`${CE}`), 'MALFORMED_BODY', 400],
    ['an array in structured mode', structured(`[${CE}}]`), 'NOT_AN_OBJECT', 400],
    ['a name that comes twice', structured(`${CE},"id":"2"}`), 'NOT_I_JSON', 400],
    ['data that would reach out of its member', binary({}, '{},"event_id":"other"'), 'MALFORMED_BODY', 400],
    ['data in binary mode that is no object', binary({}, '[1]'), 'NOT_AN_OBJECT', 400],
    ['data of another type in binary mode', binary({ 'content-type': 'text/xml' }), 'UNSUPPORTED_MEDIA_TYPE', 415],
    [
      'data that is as deep as an event may be',
      binary({}, `{"a":${'['.repeat(31)}${']'.repeat(31)}}`),
      'NOT_I_JSON',
      400,
    ],
    ['an attribute that comes twice', binary({ 'ce-id': ['1', '2'] }), 'BAD_REQUEST', 400],
    ['an attribute that is not percent-encoded', binary({ 'ce-subject': '100%' }), 'BAD_REQUEST', 400],
    ['a NUL in an attribute', binary({ 'ce-subject': '%00' }), 'NOT_I_JSON', 400],
    ['an id that is no part of a key', binary({ 'ce-id': 'a%20b' }), 'IDEMPOTENCY_KEY_MALFORMED', 400],
    ['a partition key that is none', structured(`${CE},"partitionkey":"a b"}`), 'IDEMPOTENCY_KEY_MALFORMED', 400],
    ['a batch on the route of one', { ...batched('[]'), path: '/events' }, 'UNSUPPORTED_MEDIA_TYPE', 415],
    [
      'one event on the route of batches',
      { ...structured(`${CE}}`), path: '/events/batch' },
      'UNSUPPORTED_MEDIA_TYPE',
      415,
    ],
    ['what strict handling finds', structured(`${CE}}`, { prefer: 'handling=strict' }), 'INVALID_EVENT', 422],
  ]
  for (const [what, sending, code, status] of refused)
    it(`refuses ${what}`, async (t) => {
      const { send, records } = await openIngest(t)
      const answer = await send(sending)
      assert.deepEqual([answer.status, answer.json.code], [status, code], answer.text)
      assert.deepEqual(await records(), [])
    })

  const judged: [string, Sending, string][] = [
    ['no data', structured(`${CE}}`), 'MISSING_FIELD'],
    ['data in base64, which is kept', structured(`${CE},"data_base64":"AA=="}`), 'MISSING_FIELD'],
    ['data that is no object', structured(`${CE},"data":"text"}`), 'INVALID_FIELD'],
    ['a version that is no number', structured(`${CE},"schemaversion":"x","data":{}}`), 'INVALID_FIELD'],
    ['a time that is none', binary({ 'ce-time': 'yesterday' }), 'INVALID_FIELD'],
  ]
  for (const [what, sending, reason] of judged)
    it(`leaves ${what} to the processor, as of every event`, async (t) => {
      const { send, records } = await openIngest(t)
      assert.equal((await send(sending)).status, 202)
      const [found] = inLog(await records())
      assert.equal(found?.judgement.type === 'dead_letter' && found.judgement.reason, reason)
      if (what.includes('base64')) assert.match(found?.text ?? '', /"data_base64":"AA=="/)
    })
})
