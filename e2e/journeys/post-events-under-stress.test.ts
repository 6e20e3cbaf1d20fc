import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import { request } from 'undici'
import { holdGate, holdLog } from '../hold-engine.ts'
import { readMetric } from '../metrics.ts'
import { openStack, STACKS } from '../open-stack.ts'
import { eventText, isWhole, send, sendPatiently, sendRepeat } from '../send.ts'
import type { Stack } from '../stack.ts'

/** The smallest cap that can be set: room for four events of the largest size. */
const IN_FLIGHT_BYTES = 1_048_576
const LARGEST_EVENT_BYTES = 262_144

const headOf = (key: string, contentLength: number) =>
  `POST /events HTTP/1.1\r\nHost: a\r\nX-API-Key: key_a\r\nIdempotency-Key: ${key}\r\nContent-Type: application/json\r\nContent-Length: ${contentLength}\r\n\r\n`

/** A connection on which a test decides about every byte. `answer` is all that came until the other side closed it. */
async function openSocket(t: TestContext, { ingestUrl }: Stack): Promise<{ socket: Socket; answer: Promise<string> }> {
  const socket = connect(Number(new URL(ingestUrl).port), '127.0.0.1')
  t.after(() => socket.destroy())
  let text = ''
  socket.on('data', (chunk) => {
    text += String(chunk)
  })
  const answer = new Promise<string>((resolve) => socket.once('close', () => resolve(text)))
  socket.on('error', () => {})
  await once(socket, 'connect')
  return { socket, answer }
}

async function refusesConnections({ ingestUrl }: Stack): Promise<boolean> {
  const socket = connect(Number(new URL(ingestUrl).port), '127.0.0.1')
  try {
    await once(socket, 'connect')
    return false
  } catch {
    return true
  } finally {
    socket.destroy()
  }
}

const inFlightBytes = ({ ingestUrl }: Stack) => readMetric(ingestUrl, 'sluice_ingest_inflight_bytes')

/** The rows of the table in docs/http-api.md that need a full, slow or leaving process, and the fields of refusals. */
for (const kind of STACKS)
  test(`${kind}: POST /events when ingest is full, slow or leaving`, { timeout: 600_000 }, async (t) => {
    const stack = await openStack(t, kind, {
      INGEST_MAX_INFLIGHT_BYTES: String(IN_FLIGHT_BYTES),
      RATE_LIMIT_PER_MIN: '10000',
      // For R22 the log stands still until ingest leaves, and an append waits for it 4 s: a busy machine needs each of them.
      SHUTDOWN_DELAY: '0ms',
    })
    const post = (body: string, options: Parameters<typeof send>[2] = {}) => send(stack.ingestUrl, body, options)
    const postRaw = async (headers: string[], body = '{}') => {
      const answer = await request(`${stack.ingestUrl}/events`, { method: 'POST', headers, body })
      return {
        status: answer.statusCode,
        headers: answer.headers,
        body: (await answer.body.json()) as { code: string },
      }
    }
    const stored = async (key: string) =>
      (await stack.sql('SELECT FROM events WHERE idempotency_key = $1', [key])).length

    // Node looks at stalled heads after 5 s; the other tests go on meanwhile.
    const stalled = await openSocket(t, stack)
    stalled.socket.write('POST /events HTTP/1.1\r\nHost: a\r\n')

    await t.test('refuses a key or an API key that was sent twice', async () => {
      const json = ['Content-Type', 'application/json']
      const twoKeys = await postRaw([...json, 'X-API-Key', 'key_a', 'Idempotency-Key', 'one', 'Idempotency-Key', 'two'])
      assert.deepEqual([twoKeys.status, twoKeys.body.code], [400, 'IDEMPOTENCY_KEY_MALFORMED'])
      const twoApiKeys = await postRaw([...json, 'X-API-Key', 'key_a', 'X-API-Key', 'key_a', 'Idempotency-Key', 'one'])
      assert.deepEqual([twoApiKeys.status, twoApiKeys.body.code], [401, 'UNAUTHENTICATED'])
      const bothWays = ['X-API-Key', 'key_a', 'Authorization', 'Bearer key_a', 'Idempotency-Key', 'one']
      assert.equal((await postRaw([...json, ...bothWays])).status, 401)
    })

    await t.test('answers a missing, an unknown and a doubled API key alike', async () => {
      const head = ['Content-Type', 'application/json', 'Idempotency-Key', 'alike', 'X-Request-Id', 'the-same']
      const keys = [[], ['X-API-Key', 'nobody'], ['X-API-Key', 'key_a', 'X-API-Key', 'key_a']]
      const answers = await Promise.all(keys.map((apiKey) => postRaw([...head, ...apiKey])))
      for (const { status, headers, body } of answers) {
        const { date: _, ...fields } = headers
        const { date: __, ...first } = answers[0]?.headers ?? {}
        assert.equal(status, 401)
        assert.ok(headers['www-authenticate'])
        assert.deepEqual([fields, body], [first, answers[0]?.body])
      }
    })

    await t.test('says with a refusal what would be taken', async () => {
      const large = await post(`{"a":"${'x'.repeat(LARGEST_EVENT_BYTES)}"}`, { key: 'large' })
      assert.deepEqual([large.status, large.body.limit_bytes], [413, LARGEST_EVENT_BYTES])
      const media = await post('{}', { key: 'media', headers: { 'Content-Type': 'text/plain' } })
      assert.deepEqual(
        [media.status, media.headers.get('accept')],
        [415, 'application/json, application/cloudevents+json'],
      )
      const coding = await post('{}', { key: 'coding', headers: { 'Content-Encoding': 'br' } })
      assert.equal(coding.status, 415)
      assert.ok(coding.headers.get('accept-encoding'))
      const malformed = await post('{"a":x}', { key: 'malformed' })
      assert.deepEqual([malformed.status, malformed.body.offset], [400, 5])
      const doubled = await post('{"a":1,"a":2}', { key: 'doubled' })
      assert.deepEqual([doubled.status, doubled.body.code, doubled.body.offset], [400, 'NOT_I_JSON', 7])
    })

    await t.test('answers 413 to a body in chunks as soon as it is too large', async (t) => {
      const { socket, answer } = await openSocket(t, stack)
      socket.write(headOf('chunks', 0).replace('Content-Length: 0', 'Transfer-Encoding: chunked'))
      socket.write(`${(LARGEST_EVENT_BYTES + 1).toString(16)}\r\n${'x'.repeat(LARGEST_EVENT_BYTES + 1)}\r\n`)
      assert.match(await answer, /^HTTP\/1\.1 413 [\s\S]*TOO_LARGE/)
    })

    await t.test('answers 409 with Retry-After while the first request with the key is under way', async (t) => {
      let rounds = 0
      // The log may stand still for 4 s and the gate may take 250 ms: a round that a busy machine has no time for proves nothing.
      const { key, first, second, other } = await eventually(
        async () => {
          rounds += 1
          const name = `first-${rounds}`
          await sendPatiently(stack.ingestUrl, eventText(`before-${name}`), { key: `before-${name}` })
          const log = await holdLog(t, stack)
          const posted = post(eventText(name), { key: name })
          posted.catch(() => {})
          try {
            await log.awaitWaiter()
            const again = await post(eventText(name), { key: name })
            const another = await post(eventText('e-other'), { key: name })
            await log.release()
            const round = { key: name, first: await posted, second: again, other: another }
            return [round.first, again, another].every(isWhole) && round
          } finally {
            await log.release()
          }
        },
        { pauseMs: 500, message: 'a round that the machine had time for' },
      )
      assert.deepEqual([second.status, second.body.code], [409, 'IDEMPOTENCY_KEY_IN_FLIGHT'])
      assert.equal(second.headers.get('retry-after'), '1')
      assert.deepEqual([other.status, other.body.code], [422, 'IDEMPOTENCY_KEY_REUSED'])
      assert.deepEqual([first.status, first.body.duplicate], [202, false])
      const third = await sendRepeat(stack.ingestUrl, eventText(key), { key })
      assert.deepEqual([third.body.duplicate, third.body.receipt_id], [true, first.body.receipt_id])
    })

    await t.test('answers 503 within 5 s when the log does not, and one row comes of the repeats', async (t) => {
      const log = await holdLog(t, stack)
      const start = performance.now()
      const away = await post(eventText('e-slow'), { key: 'slow' })
      assert.deepEqual([away.status, away.body.code], [503, 'LOG_UNAVAILABLE'])
      const tookMs = performance.now() - start
      // 5 s, and what a busy machine adds; without a limit it would take as long as the log stands still.
      assert.ok(tookMs < 10_000, `${tookMs} ms`)
      const retryAfter = Number(away.headers.get('retry-after'))
      assert.ok(retryAfter >= 1 && retryAfter <= 5)
      await log.release()
      await eventually(async () => (await post(eventText('e-slow'), { key: 'slow' })).status === 202)
      await eventually(async () => (await stored('slow')) === 1)
    })

    await t.test(
      'answers 503 OVERLOADED at once while its memory for bodies is taken, and takes events after',
      async (t) => {
        await eventually(async () => (await inFlightBytes(stack)) === 0)
        const full = await Promise.all(
          Array.from({ length: IN_FLIGHT_BYTES / LARGEST_EVENT_BYTES }, async (_, number) => {
            const { socket } = await openSocket(t, stack)
            socket.write(headOf(`full-${number}`, LARGEST_EVENT_BYTES))
            return socket
          }),
        )
        await eventually(async () => (await inFlightBytes(stack)) === IN_FLIGHT_BYTES)
        const refused = await post(eventText('e-full'), { key: 'full' })
        assert.equal(refused.status, 503)
        assert.equal(refused.body.code, 'OVERLOADED')
        assert.equal(refused.headers.get('retry-after'), '1')
        for (const socket of full) socket.destroy()
        await eventually(async () => (await post(eventText('e-full'), { key: 'full' })).status === 202)
      },
    )

    await t.test('keeps accepting when the gate does not answer, says so, and stores a repeat once', async (t) => {
      const gate = await holdGate(t, stack)
      const first = await sendPatiently(stack.ingestUrl, eventText('e-degraded'), { key: 'degraded' })
      const repeat = await sendPatiently(stack.ingestUrl, eventText('e-degraded'), { key: 'degraded' })
      for (const { status, headers, body } of [first, repeat]) {
        assert.deepEqual([status, body.duplicate], [202, false])
        assert.equal(headers.get('sluice-degraded'), 'gate')
      }
      await gate.release()
      await eventually(async () => (await stored('degraded')) === 1)
      const receipts = [first, repeat].map(({ body }) => body.receipt_id)
      const alias = await eventually(async () => {
        const rows = await stack.sql('SELECT FROM receipt_aliases WHERE receipt_id = ANY($1)', [receipts])
        return rows.length > 0 && rows
      })
      assert.equal(alias.length, 1)
      assert.equal(await stored('degraded'), 1)
    })

    await t.test('answers 408 to a head that stalls', { timeout: 120_000 }, async () => {
      assert.match(await stalled.answer, /^HTTP\/1\.1 408 [\s\S]*REQUEST_TIMEOUT/)
    })

    await t.test(
      'R22: while leaving it answers what it has in hand and 503 SHUTTING_DOWN to what is new',
      async (t) => {
        const leaving = await stack.pidOf('ingest')
        const body = eventText('e-late')
        const [begin, end] = [headOf('late', body.length).slice(0, 20), headOf('late', body.length).slice(20)]
        const log = await holdLog(t, stack)
        const late = await openSocket(t, stack)
        late.socket.write(begin)
        const inHand = post(eventText('e-in-hand'), { key: 'in-hand' })
        await log.awaitWaiter()
        process.kill(leaving, 'SIGTERM')
        await eventually(() => refusesConnections(stack), { message: 'ingest taking no more connections' })
        late.socket.write(end + body)
        const answer = await late.answer
        assert.match(answer, /^HTTP\/1\.1 503 [\s\S]*SHUTTING_DOWN/)
        assert.match(answer, /^Retry-After: [1-5]\r$/im)
        await log.release()
        const { status, headers } = await inHand
        assert.deepEqual([status, headers.get('connection')], [202, 'close'])
        await eventually(async () => (await stored('in-hand')) === 1)
        assert.equal(await stored('late'), 0)
      },
    )
  })
