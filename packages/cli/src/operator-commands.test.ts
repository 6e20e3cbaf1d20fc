import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { answer, problem, startServer } from './testing/answering-server.ts'
import { runSluice } from './testing/run-sluice.ts'

describe('commands that ask the Admin API', { concurrency: true }, () => {
  const failures: [number, unknown, number, RegExp][] = [
    [400, problem('INVALID_PARAMETER', 'limit: must be 200 or less'), 2, /limit: must be 200 or less/],
    [401, problem('UNAUTHENTICATED', 'Send the admin token.'), 4, /ADMIN_TOKEN/],
    [403, problem('FORBIDDEN', 'Loopback only.'), 4, /Loopback only/],
    [404, problem('NOT_FOUND', 'No such dead letter.'), 5, /No such dead letter/],
    [503, problem('STORE_UNAVAILABLE', 'The store is away.'), 1, /The store is away/],
    [200, '<html>', 1, /not as the Admin API does/],
  ]
  for (const [status, body, code, says] of failures)
    it(`end with ${code} on ${status}, the reason on standard error alone`, async (t) => {
      const { url } = await startServer(t, answer(status, body))
      const end = await runSluice(['dlq', 'show', 'x', '--json'], { env: { ADMIN_URL: url } })
      assert.deepEqual([end.code, end.stdout], [code, ''])
      assert.match(end.stderr, says)
    })

  it('end with 3 when nobody answers, and say what to do', async () => {
    const { code, stderr } = await runSluice(['lag', '--admin-url', 'http://127.0.0.1:1'])
    assert.equal(code, 3)
    assert.match(stderr, /does not answer: start it with `npx sluice dev`, or name it with --admin-url/)
  })

  it('write with --json the answer as it came, every digit, and nothing else', async (t) => {
    const text = '{"data":[{"payload":{"n":12345678901234567890,"m":1.10}}],"next_cursor":"c"}'
    const { url, asked } = await startServer(t, answer(200, text))
    const end = await runSluice(['events', 'ls', '--json', '--limit', '1', '--type', 'a&b'], {
      env: { ADMIN_URL: url },
    })
    assert.deepEqual(end, { code: 0, stdout: `${text}\n`, stderr: '' })
    assert.deepEqual(asked, ['GET /admin/events?limit=1&eventType=a%26b'])
  })

  it('write a table, its hostile texts made visible, and where there is more', async (t) => {
    const letter = { id: 'd1', state: 'open', reason: 'MISSING_FIELD', event_type: '\u001b[2Jx', tenant_id: null }
    const { url, asked } = await startServer(t, answer(200, { data: [letter], next_cursor: 'next' }))
    const end = await runSluice(['dlq', 'ls'], { env: { ADMIN_URL: url } })
    assert.match(end.stdout, /^FAILED .*\n- +open +- +MISSING_FIELD +- +\\u\{1b\}\[2Jx +d1\n$/)
    assert.match(end.stderr, /there is more: --cursor next/)
    assert.deepEqual(asked, ['GET /admin/dlq?limit=50&state=open'])
  })

  it('show unknown lag as unknown, never as 0, and end with 1', async (t) => {
    const { url } = await startServer(t, answer(200, { total_lag: null, reason: 'the log is away', partitions: null }))
    const end = await runSluice(['lag'], { env: { ADMIN_URL: url } })
    assert.equal(end.code, 1)
    assert.match(end.stdout, /unknown: the log is away/)
  })

  it('show the token of ADMIN_TOKEN', async (t) => {
    let shown: string | undefined
    const { url } = await startServer(t, (request, response) => {
      shown = request.headers.authorization
      response.end('{"data":[]}')
    })
    await runSluice(['events', 'ls'], { env: { ADMIN_URL: url, ADMIN_TOKEN: 'a-token-of-16-chars' } })
    assert.equal(shown, 'Bearer a-token-of-16-chars')
  })

  it('end quietly when nobody reads any more', async (t) => {
    const rows = Array.from({ length: 20_000 }, (_, nth) => ({ event_id: `e${nth}` }))
    const { url } = await startServer(t, answer(200, { data: rows }))
    const end = await runSluice(['events', 'ls'], { env: { ADMIN_URL: url } })
    assert.equal(end.code, 0)
    assert.equal(end.stdout.split('\n').length, 20_002)
  })
})

describe('send', { concurrency: true }, () => {
  const EVENT = '{"event_id":"order-1","payload":{}}'
  const accepted = { status: 'accepted', duplicate: false, receipt_id: 'r1', request_id: 'q' }

  it("posts the file's bytes under the event's own id, and prints the receipt", async (t) => {
    let seen: unknown
    const { url, requests } = await startServer(t, (request, response) => {
      const { 'idempotency-key': key, 'x-api-key': apiKey, prefer } = request.headers
      seen = { key, apiKey, prefer }
      response.writeHead(202).end(JSON.stringify(accepted))
    })
    const end = await runSluice(['send', '--url', url, '--tenant', 'tenant_b', '--strict'], { stdin: EVENT })
    assert.deepEqual([end.code, end.stdout], [0, 'accepted  r1\n'])
    assert.deepEqual(seen, { key: 'order-1', apiKey: 'key_b', prefer: 'handling=strict' })
    assert.equal(requests[0]?.text, EVENT)
    assert.doesNotMatch(end.stderr, /key_b/)
  })

  it('sends the same again under the same key until it is answered', async (t) => {
    const keys: unknown[] = []
    const { url } = await startServer(t, (request, response) => {
      keys.push(request.headers['idempotency-key'])
      if (keys.length === 1) return void request.socket.destroy()
      if (keys.length === 2)
        return answer(503, problem('OVERLOADED', 'Busy.'), { 'retry-after': '1' })(request, response)
      return answer(202, accepted)(request, response)
    })
    const end = await runSluice(['send', '--url', url, '--json'], { stdin: '{}' })
    assert.deepEqual([end.code, JSON.parse(end.stdout)], [0, accepted])
    assert.equal(keys.length, 3)
    assert.equal(new Set(keys).size, 1)
  })

  it('ends with 1 on a refusal, with each thing to mend, and with 4 on a wrong key', async (t) => {
    const strict = {
      ...problem('INVALID_EVENT', 'It would be dead-lettered.'),
      errors: [{ pointer: '/a', detail: 'bad' }],
    }
    const { url } = await startServer(t, answer(422, strict))
    const refused = await runSluice(['send', '--url', url], { stdin: EVENT })
    assert.deepEqual([refused.code, refused.stdout], [1, '422 INVALID_EVENT: It would be dead-lettered.\n  /a: bad\n'])
    const locked = await startServer(t, answer(401, problem('UNAUTHENTICATED', 'No.')))
    assert.equal((await runSluice(['send', '--url', locked.url], { stdin: EVENT })).code, 4)
    const { code, stderr } = await runSluice(['send', '--url', url, '--tenant', 'nobody'], { stdin: EVENT })
    assert.deepEqual([code, /API_KEYS has no key of "nobody"/.test(stderr)], [2, true])
  })

  it('does not wait for a limit that is long over, and says that nothing is lost', async (t) => {
    const { url, asked } = await startServer(
      t,
      answer(429, problem('RATE_LIMITED', 'Too many.'), { 'retry-after': '60' }),
    )
    const end = await runSluice(['send', '--url', url], { stdin: EVENT })
    assert.deepEqual([end.code, asked.length], [1, 1])
    assert.match(end.stderr, /send the same again later/)
  })
})

describe('config, doctor and completion', () => {
  it('prints every setting with its origin, secrets as set', async () => {
    const { code, stdout } = await runSluice(['config', '--json'], {
      env: { RATE_LIMIT_PER_MIN: '77', API_KEYS: 'a:secret-key', DATABASE_URL: 'postgres://u:secret@h/d' },
    })
    assert.equal(code, 0)
    assert.doesNotMatch(stdout, /secret-key|u:secret/)
    const { settings } = JSON.parse(stdout) as { settings: { name: string; value: string; origin: string }[] }
    const of = (name: string) => {
      const found = settings.find((setting) => setting.name === name)
      return [found?.value, found?.origin]
    }
    assert.deepEqual(of('RATE_LIMIT_PER_MIN'), ['77', 'environment'])
    assert.deepEqual(of('API_KEYS'), ['set', 'environment'])
    assert.deepEqual(of('IDEMPOTENCY_WINDOW'), ['30m', 'default'])
    assert.deepEqual(of('SHUTDOWN_DELAY'), ['0ms', 'sluice dev'])
  })

  it('tells every wrong setting, and ends with 2', async () => {
    const { code, stderr } = await runSluice(['config'], {
      env: { RATE_LIMIT_PER_MIN: 'fast', EVENTS_RETENTION: '1d', LOG_LEVEL: 'info' },
    })
    assert.equal(code, 2)
    assert.match(stderr, /RATE_LIMIT_PER_MIN must be a whole number/)
    assert.match(stderr, /EVENTS_RETENTION must not be shorter than LOG_RETENTION/)
  })

  it('is content with a machine on which nothing is set', async () => {
    const env = { INGEST_PORT: '0', ADMIN_PORT: '0', PROCESSOR_PORT: '0', DASHBOARD_PORT: '0' }
    const { code, stdout } = await runSluice(['doctor'], { env })
    assert.equal(code, 0, stdout)
    assert.match(stdout, /all in place\n$/)
  })

  it('finds a database that is away, a taken port and a wrong setting, with what to do', async (t) => {
    const { url } = await startServer(t, answer(200, ''))
    const env = {
      INGEST_PORT: new URL(url).port,
      ADMIN_PORT: '0',
      PROCESSOR_PORT: '0',
      DASHBOARD_PORT: '0',
      MAX_EVENT_BYTES: '1',
      DATABASE_URL: 'postgres://me:secret@127.0.0.1:1/none',
    }
    const { code, stdout } = await runSluice(['doctor', '--json'], { env })
    assert.equal(code, 1)
    assert.doesNotMatch(stdout, /secret/)
    const { findings } = JSON.parse(stdout) as { findings: { subject: string; state: string; remedy: string | null }[] }
    const faults = findings.filter(({ state }) => state === 'fault')
    assert.deepEqual(
      faults.map(({ subject }) => subject).filter((subject) => !subject.startsWith('the database answers')),
      ['settings of ingest', `ingest, port ${env.INGEST_PORT}`, 'PostgreSQL answers', 'the store answers'],
    )
    for (const { remedy } of faults) assert.ok(remedy)
  })

  for (const shell of ['bash', 'zsh', 'fish'])
    it(`completes in ${shell} what the command has`, async () => {
      const { code, stdout } = await runSluice(['completion', shell])
      assert.equal(code, 0)
      for (const word of ['doctor', 'events', 'show', 'loadgen', 'reason', 'tail', 'redrive', 'cancel', 'yes'])
        assert.match(stdout, new RegExp(word))
    })
})
