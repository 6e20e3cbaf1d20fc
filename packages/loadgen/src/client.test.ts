import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { createEventClient, whyUnreachable } from './client.ts'
import { startFakeIngest, UNUSED_URL } from './testing/fake-ingest.ts'

const EVENT = { sender: { tenantId: 'tenant_a', apiKey: 'key_a' }, key: 'k1', body: Buffer.from('{"n":1.10}') }

const clientOf = (t: TestContext, url: string, timeoutMs = 60_000) => {
  const client = createEventClient({ url: new URL(url), connections: 2, timeoutMs })
  t.after(() => client[Symbol.asyncDispose]())
  return client
}

describe('client of ingest', () => {
  it('sends the bytes with API key and idempotency key', async (t) => {
    const ingest = await startFakeIngest(t)
    const answer = await clientOf(t, ingest.url).send(EVENT)
    assert.equal(answer.type === 'answer' && answer.status, 202)
    const [seen] = ingest.seen
    assert.deepEqual(
      [seen?.apiKey, seen?.key, seen?.body, seen?.contentType],
      ['key_a', 'k1', '{"n":1.10}', 'application/json'],
    )
  })

  it('hands on what a 429 says about waiting', async (t) => {
    const { url } = await startFakeIngest(t, { misbehave: () => ({ status: 429, headers: { 'retry-after': '7' } }) })
    const answer = await clientOf(t, url).send(EVENT)
    assert.deepEqual(answer, { type: 'answer', status: 429, body: '{}', retryAfter: '7', degraded: false })
  })

  it('calls silence a time-out', async (t) => {
    const { url } = await startFakeIngest(t, { misbehave: () => 'hang' })
    const answer = await clientOf(t, url, 1_000).send(EVENT)
    assert.equal(answer.type === 'failure' && answer.reason, 'timeout')
  })

  it('calls a broken and a refused connection no connection', async (t) => {
    const { url } = await startFakeIngest(t, { misbehave: () => 'reset' })
    for (const address of [url, UNUSED_URL]) {
      const answer = await clientOf(t, address).send(EVENT)
      assert.equal(answer.type === 'failure' && answer.reason, 'connection')
    }
  })

  it('says why nothing can be reached', async (t) => {
    const { url } = await startFakeIngest(t)
    assert.equal(await whyUnreachable(new URL(url), 60_000), null)
    assert.equal(await whyUnreachable(new URL(UNUSED_URL), 60_000), 'ECONNREFUSED')
  })

  it('gives warming up an end where nobody answers', async (t) => {
    const { url } = await startFakeIngest(t, { stalls: true })
    const client = clientOf(t, url)
    await client.warmUp()
    const answer = await client.send(EVENT)
    assert.equal(answer.type === 'answer' && answer.status, 202)
  })

  it('warms up without a word where nothing listens', async (t) => {
    await clientOf(t, UNUSED_URL).warmUp()
  })
})
