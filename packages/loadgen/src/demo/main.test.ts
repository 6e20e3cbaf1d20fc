import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { startFakeAdmin } from '../testing/fake-admin.ts'
import { type FakeIngest, startFakeIngest, UNUSED_URL } from '../testing/fake-ingest.ts'
import { startCommand } from '../testing/run-command.ts'

const SCRIPT = new URL('./main.ts', import.meta.url)
const run = (t: TestContext, { ingest, admin }: { ingest: string; admin: string }, env: Record<string, string> = {}) =>
  startCommand(t, { script: SCRIPT, args: ['--url', ingest, '--admin-url', admin], env }).result

const eventIdsOf = ({ seen }: FakeIngest) => seen.map(({ body }) => String(JSON.parse(body).event_id))

describe('demo', { concurrency: 2 }, () => {
  it('sends every payload once and finds each of them equal', async (t) => {
    const ingest = await startFakeIngest(t)
    const result = await run(t, { ingest: ingest.url, admin: await startFakeAdmin(t, { ingest }) })
    assert.equal(result.status, 0, result.stderr)
    assert.equal(result.stdout, '329 of 329 webhook payloads stored and equal to what was sent\n')
    assert.equal(new Set(eventIdsOf(ingest)).size, 329)
    assert.equal(ingest.seen.length, 329)
    const ofFirstTenant = ingest.seen.filter(({ apiKey }) => apiKey === 'key_a').length
    assert.ok(ofFirstTenant < 300, 'stays below the default limit of a tenant')
    assert.match(result.stderr, /See them:[\s\S]*\/admin\/events\?/)
  })

  it('waits as Retry-After says, says so, and loses nothing by it', async (t) => {
    const ingest = await startFakeIngest(t, {
      misbehave: ({ index }) => (index === 20 ? { status: 429, headers: { 'retry-after': '1' } } : null),
    })
    const result = await run(t, { ingest: ingest.url, admin: await startFakeAdmin(t, { ingest }) })
    assert.equal(result.status, 0, result.stderr)
    assert.match(result.stderr, /tenant_[ab] is at its limit; going on in 1 s/)
    assert.equal(ingest.seen.length, 330)
  })

  it('repeats the same key and bytes after a broken connection', async (t) => {
    const ingest = await startFakeIngest(t, { misbehave: ({ index }) => (index === 5 ? 'reset' : null) })
    const result = await run(t, { ingest: ingest.url, admin: await startFakeAdmin(t, { ingest }) })
    assert.equal(result.status, 0, result.stderr)
    const broken = ingest.seen[5]
    const repeats = ingest.seen.filter(({ key, index }) => key === broken?.key && index !== 5)
    assert.deepEqual(
      repeats.map(({ body }) => body),
      [broken?.body],
    )
  })

  it('exits 1 and points at a payload that was altered', async (t) => {
    const ingest = await startFakeIngest(t)
    const store = (payload: string, index: number) => (index === 7 ? payload.replace(/:(\d+)/, ':$1.5') : payload)
    const result = await run(t, { ingest: ingest.url, admin: await startFakeAdmin(t, { ingest, store }) })
    assert.equal(result.status, 1)
    assert.match(result.stdout, /^328 of 329 /)
    assert.match(result.stderr, /differs: github-webhook-\d+ \(receipt r-7\) at payload\//)
  })

  it('exits 1 when an event is refused, and says why', async (t) => {
    const ingest = await startFakeIngest(t, {
      misbehave: ({ index }) => (index === 0 ? { status: 413, body: '{"code":"TOO_LARGE"}' } : null),
    })
    const store = (payload: string, index: number) => (index === 0 ? null : payload)
    const result = await run(t, { ingest: ingest.url, admin: await startFakeAdmin(t, { ingest, store }) })
    assert.equal(result.status, 1)
    assert.match(result.stderr, /refused: github-webhook-\d+ 413 TOO_LARGE/)
  })

  it('shows its token to the Admin API, and exits 4 without it', async (t) => {
    const ingest = await startFakeIngest(t)
    const admin = await startFakeAdmin(t, { ingest, token: 'secret' })
    assert.equal((await run(t, { ingest: ingest.url, admin }, { ADMIN_TOKEN: 'secret' })).status, 0)
    assert.equal((await run(t, { ingest: ingest.url, admin })).status, 4)
  })

  it('exits 3 when ingest or the Admin API cannot be reached, with what to do', async (t) => {
    const ingest = await startFakeIngest(t)
    const [nothing, admin] = [UNUSED_URL, await startFakeAdmin(t, { ingest })]
    const noIngest = await run(t, { ingest: nothing, admin })
    assert.equal(noIngest.status, 3)
    assert.match(noIngest.stderr, /npm start/)
    const noAdmin = await run(t, { ingest: ingest.url, admin: nothing })
    assert.equal(noAdmin.status, 3)
    assert.match(noAdmin.stderr, /Admin API/)
  })
})
