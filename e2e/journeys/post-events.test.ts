import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import { openStack, STACKS } from '../open-stack.ts'
import { eventText, isWhole, send, sendPatiently, sendRepeat, sendThroughGate } from '../send.ts'

/** Every row of the table in docs/http-api.md, against real processes. */
for (const kind of STACKS)
  test(`${kind}: POST /events`, async (t) => {
    const stack = await openStack(t, kind, { RATE_LIMIT_PER_MIN: '200', SHUTDOWN_DELAY: '0ms' })
    const post = (body: string | Uint8Array, options: Parameters<typeof send>[2] = {}) =>
      sendPatiently(stack.ingestUrl, body, options)

    await t.test('accepts an event, and it becomes a row', async () => {
      const answer = await post(eventText('e-accepted'), { key: 'accepted' })
      assert.equal(answer.status, 202)
      assert.equal(answer.body.duplicate, false)
      assert.match(answer.headers.get('ratelimit-policy') ?? '', /^"default";q=200;w=60$/)
      assert.match(answer.headers.get('ratelimit') ?? '', /^"default";r=\d+;t=\d+$/)
      const rows = () => stack.sql("SELECT payload::text FROM events WHERE event_id = 'e-accepted'")
      const found = await eventually(async () => ((await rows()).length > 0 ? rows() : false))
      assert.deepEqual(found, [{ payload: '{"total": 1.10}' }])
    })

    await t.test('accepts a CloudEvent, and it is a row under our names', async () => {
      const ce = '{"specversion":"1.0","id":"e-cloud","source":"/shop","type":"order.paid","data":{"total":1.10}}'
      const answer = await post(ce, { headers: { 'Content-Type': 'application/cloudevents+json' } })
      assert.equal(answer.status, 202)
      const rows = () =>
        stack.sql(`SELECT event_type, idempotency_key, payload::text, extra #>> '{cloudevents,source}' AS source,
                          abs(extract(epoch FROM occurred_at - received_at)) < 1 AS just_now
                   FROM events WHERE event_id = 'e-cloud'`)
      const found = await eventually(async () => ((await rows()).length > 0 ? rows() : false))
      const keys = { idempotency_key: '/shope-cloud', source: '/shop' }
      assert.deepEqual(found, [{ event_type: 'order.paid', payload: '{"total": 1.10}', just_now: true, ...keys }])
    })

    await t.test('tells a repeat as a duplicate with the first receipt', async () => {
      const first = await sendThroughGate(stack.ingestUrl, eventText('e-repeat'), { key: 'repeat' })
      const second = await sendRepeat(stack.ingestUrl, eventText('e-repeat'), { key: '"repeat"' })
      assert.deepEqual([second.status, second.body.duplicate], [202, true])
      assert.equal(second.body.receipt_id, first.body.receipt_id)
      assert.equal(second.headers.get('idempotent-replayed'), 'true')
    })

    await t.test('refuses another body under a used key', async () => {
      await sendThroughGate(stack.ingestUrl, eventText('e-reused'), { key: 'reused' })
      const answer = await sendRepeat(stack.ingestUrl, eventText('e-other'), { key: 'reused' })
      assert.deepEqual([answer.status, answer.body.code], [422, 'IDEMPOTENCY_KEY_REUSED'])
    })

    await t.test('accepts an event that misses a field, and it becomes a dead letter with its reason', async () => {
      const answer = await post('{"event_id":"e-bad"}', { key: 'bad' })
      assert.equal(answer.status, 202)
      const rows = () => stack.sql("SELECT reason, pointer, state FROM dead_letters WHERE event_id = 'e-bad'")
      const found = await eventually(async () => ((await rows()).length > 0 ? rows() : false))
      assert.deepEqual(found, [{ reason: 'MISSING_FIELD', pointer: '/event_type', state: 'open' }])
    })

    await t.test('validates first when asked to, and claims nothing', async () => {
      const strict = { key: 'strict', headers: { Prefer: 'handling=strict' } }
      const refused = await post('{"event_id":"e-strict"}', strict)
      assert.deepEqual([refused.status, refused.body.code], [422, 'INVALID_EVENT'])
      assert.ok((refused.body.errors as unknown[]).length > 1)
      assert.equal((await post(eventText('e-strict'), strict)).status, 202)
    })

    await t.test('refuses what is malformed, and stores none of it', async () => {
      const table: [number, string, string | Uint8Array, Parameters<typeof send>[2]][] = [
        [400, 'MALFORMED_BODY', '{"a":', { key: 'm1' }],
        [400, 'NOT_AN_OBJECT', '[]', { key: 'm2' }],
        [400, 'NOT_I_JSON', '{"a":1,"a":2}', { key: 'm3' }],
        [400, 'NOT_I_JSON', '{"a":"\\ud800"}', { key: 'm4' }],
        [400, 'IDEMPOTENCY_KEY_MISSING', '{}', {}],
        [400, 'IDEMPOTENCY_KEY_MALFORMED', '{}', { key: 'with space' }],
        [401, 'UNAUTHENTICATED', '{}', { key: 'm5', apiKey: '' }],
        [401, 'UNAUTHENTICATED', '{}', { key: 'm6', apiKey: 'nobody' }],
        [413, 'TOO_LARGE', `{"a":"${'x'.repeat(262_144)}"}`, { key: 'm7' }],
        [415, 'UNSUPPORTED_MEDIA_TYPE', '{}', { key: 'm8', headers: { 'Content-Type': 'text/plain' } }],
        [415, 'UNSUPPORTED_ENCODING', '{}', { key: 'm9', headers: { 'Content-Encoding': 'br' } }],
      ]
      for (const [status, code, body, options] of table) {
        const answer = await post(body, options)
        assert.deepEqual([answer.status, answer.body.code], [status, code])
        assert.equal(answer.body.request_id, answer.headers.get('x-request-id'))
        assert.equal(answer.headers.get('content-type'), 'application/problem+json')
      }
      const [count] = await stack.sql("SELECT count(*) FROM events WHERE idempotency_key ~ '^m[0-9]$'")
      assert.deepEqual(count, { count: '0' })
    })

    await t.test('answers 404, 405 and 431 as problems', async () => {
      const codes = async (path: string, init: RequestInit) => {
        const response = await fetch(`${stack.ingestUrl}${path}`, init)
        return [response.status, ((await response.json()) as { code: string }).code, response.headers.get('allow')]
      }
      assert.deepEqual(await codes('/nothing', {}), [404, 'NOT_FOUND', null])
      assert.deepEqual((await codes('/events', {})).slice(0, 2), [405, 'METHOD_NOT_ALLOWED'])
      assert.match(String((await codes('/events', {}))[2]), /POST/)
      assert.deepEqual((await codes('/events', { headers: { x: 'y'.repeat(9_000) } })).slice(0, 2), [
        431,
        'HEADERS_TOO_LARGE',
      ])
    })

    await t.test('answers 408 to a body that stalls', { timeout: 120_000 }, async () => {
      const { port } = new URL(stack.ingestUrl)
      const socket = connect(Number(port), '127.0.0.1')
      const head =
        'POST /events HTTP/1.1\r\nHost: a\r\nX-API-Key: key_a\r\nIdempotency-Key: stalled\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{'
      socket.write(head)
      let answer = ''
      for await (const chunk of socket) answer += String(chunk)
      assert.match(answer, /^HTTP\/1\.1 408 /)
      assert.match(answer, /REQUEST_TIMEOUT/)
    })

    await t.test(
      'lets one of two simultaneous equal requests through; the other waits or hears of the duplicate',
      async () => {
        let rounds = 0
        // One that a busy machine answered without the gate, or not at all, proves nothing.
        const answers = await eventually(
          async () => {
            rounds += 1
            const key = `twice-${rounds}`
            const all = await Promise.all([1, 2, 3, 4].map(() => send(stack.ingestUrl, eventText(key), { key })))
            return all.every(isWhole) && all
          },
          { pauseMs: 500 },
        )
        const fresh = answers.filter(({ status, body }) => status === 202 && body.duplicate === false)
        assert.equal(fresh.length, 1)
        for (const { status, headers } of answers.filter((answer) => !fresh.includes(answer))) {
          assert.ok(status === 202 || status === 409)
          if (status === 409) assert.equal(headers.get('retry-after'), '1')
        }
      },
    )

    await t.test('answers 429 with Retry-After over the limit, to that tenant alone', async () => {
      let limited = null
      // More than the limit by far: on a slow machine the first ones leave the minute meanwhile.
      for (let sent = 0; limited === null && sent < 2_000; sent += 1) {
        const answer = await post(eventText(`e-limit-${sent}`), { key: `limit-${sent}`, apiKey: 'key_b' })
        if (answer.status === 429) limited = answer
      }
      assert.equal(limited?.body.code, 'RATE_LIMITED')
      assert.ok(Number(limited?.headers.get('retry-after')) >= 1)
      assert.equal((await post(eventText('e-other-tenant'), { key: 'other-tenant' })).status, 202)
    })

    await t.test(
      'answers 503 with Retry-After while the log is away, and takes the same event after',
      {
        timeout: 400_000,
      },
      async () => {
        await stack.stopLog()
        const away = await send(stack.ingestUrl, eventText('e-away'), { key: 'away' })
        assert.deepEqual([away.status, away.body.code], [503, 'LOG_UNAVAILABLE'])
        assert.ok(Number(away.headers.get('retry-after')) >= 1)
        await stack.startLog()
        await eventually(async () => (await post(eventText('e-away'), { key: 'away' })).status === 202)
      },
    )
  })
