import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { PROBLEMS } from '@sluice/contract/problems'
import { Type } from 'typebox'
import { SluiceError } from './errors.ts'
import { createHealth } from './health.ts'
import { createHttpApp, type HttpApp, type HttpAppOptions } from './http-app.ts'
import { createHardenedServer, listen } from './http-server.ts'
import { createMetrics } from './metrics.ts'
import { ProblemError } from './problem-error.ts'
import { writeProblem } from './problem-response.ts'
import { resolveRequestId } from './request-id.ts'
import { createMemoryLog } from './testing/memory-log.ts'

class StoreAwayError extends SluiceError {
  override readonly name = 'StoreAwayError'
  readonly code: string = 'STORE_UNAVAILABLE'
  readonly retryable = true
}

/** Routes that fail in every way a route can. */
function addTestRoutes(app: HttpApp): void {
  const query = Type.Object({
    limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }),
    deep: Type.Optional(Type.Boolean()),
    eventId: Type.Optional(Type.String()),
  })
  app.get('/list', { schema: { summary: 'Lists', querystring: query } }, async (request) => request.query)
  app.get('/events/:id', { schema: { params: Type.Object({ id: Type.String() }) } }, async (request) => ({
    id: request.params.id,
  }))
  app.post(
    '/events/:id/redrive',
    { schema: { body: Type.Object({ note: Type.String({ minLength: 1 }), 'a/b': Type.Optional(Type.Integer()) }) } },
    async (request) => request.body,
  )
  app.post('/echo', async (request) => ({ body: request.body ?? null }))
  app.get('/conflict', async () => {
    throw new ProblemError('IDEMPOTENCY_KEY_IN_FLIGHT', 'Wait.', { headers: { 'X-Note': 'n' }, extra: { more: 1 } })
  })
  app.get('/away', async () => {
    throw new StoreAwayError('reading events', { cause: new Error('canary refused') })
  })
  app.get('/bug', async () => {
    throw new TypeError('canary is not a function')
  })
}

async function startApp(t: TestContext, options: Partial<HttpAppOptions> = {}) {
  const { log, lines } = createMemoryLog()
  const health = createHealth({ components: { store: { critical: true, probe: async () => 'ok' } }, log })
  const version = { version: '1.2.3', commit: null }
  const metrics = createMetrics({ process: 'test', version })
  const app = await createHttpApp({
    name: 'test',
    title: 'Test',
    version,
    log,
    health,
    metrics,
    docs: true,
    maxBodyBytes: 1_000,
    ...options,
  })
  addTestRoutes(app)
  const listening = await listen(app, { host: '127.0.0.1', port: 0, log, shutdownDelayMs: 0, health })
  t.after(async () => {
    await listening[Symbol.asyncDispose]()
    await health[Symbol.asyncDispose]()
  })
  const call = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(listening.address + path, init)
    const text = await response.text()
    const isJson = /json/.test(response.headers.get('content-type') ?? '')
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson && text !== '' ? JSON.parse(text) : null,
    }
  }
  return {
    call,
    health,
    metrics,
    port: listening.port,
    failures: () => lines.filter(({ event }) => event === 'request.failed'),
    lines,
  }
}

const json = (body: string | Buffer, type = 'application/json'): RequestInit => ({
  method: 'POST',
  body: new Uint8Array(Buffer.from(body)),
  headers: { 'Content-Type': type },
})

describe('createHttpApp: errors', { timeout: 120_000 }, () => {
  const cases: Record<string, [string, RequestInit, number, string]> = {
    'an unknown path': ['/nowhere', {}, 404, 'NOT_FOUND'],
    'an unknown path with a body of another type': ['/nowhere', json('x', 'text/plain'), 404, 'NOT_FOUND'],
    'a method that the path does not have': ['/events/x/redrive', {}, 405, 'METHOD_NOT_ALLOWED'],
    'a method that no path has': ['/list', { method: 'PROPFIND' }, 405, 'METHOD_NOT_ALLOWED'],
    'a path that cannot be decoded': ['/events/%ZZ', {}, 400, 'BAD_REQUEST'],
    'a path segment without end': [`/events/${'x'.repeat(500)}`, {}, 404, 'NOT_FOUND'],
    'another media type': ['/echo', json('{}', 'text/plain'), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    'a media type with garbage': ['/echo', json('{}', 'application/json garbage'), 415, 'UNSUPPORTED_MEDIA_TYPE'],
    'no media type': ['/echo', { method: 'POST', body: new Uint8Array([123, 125]) }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    'a content coding': [
      '/echo',
      { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' } },
      415,
      'UNSUPPORTED_ENCODING',
    ],
    'a body too large': ['/echo', json(`{"a":"${'x'.repeat(1_000)}"}`), 413, 'TOO_LARGE'],
    'a body that is not JSON': ['/echo', json('{"canary'), 400, 'MALFORMED_BODY'],
    'an empty JSON body': ['/echo', json(''), 400, 'MALFORMED_BODY'],
    'a body that is not UTF-8': ['/echo', json(Buffer.from('7b2261223a22ff227d', 'hex')), 400, 'MALFORMED_BODY'],
    'a body that is not an object': ['/echo', json('[]'), 400, 'NOT_AN_OBJECT'],
    'a body with a name twice': ['/echo', json('{"a":1,"a":2}'), 400, 'NOT_I_JSON'],
    'a body that breaks its schema': ['/events/x/redrive', json('{"note":""}'), 400, 'BAD_REQUEST'],
    'a parameter out of range': ['/list?limit=201', {}, 400, 'INVALID_PARAMETER'],
    'a problem thrown by a route': ['/conflict', {}, 409, 'IDEMPOTENCY_KEY_IN_FLIGHT'],
    'a retryable error': ['/away', {}, 503, 'STORE_UNAVAILABLE'],
    'a mistake of ours': ['/bug', {}, 500, 'INTERNAL'],
  }
  for (const [name, [path, init, status, code]] of Object.entries(cases))
    it(`answers ${status} ${code} as a problem to ${name}`, async (t) => {
      const { call } = await startApp(t)
      const { headers, body, text, ...answer } = await call(path, init)
      assert.equal(answer.status, status)
      assert.deepEqual(
        [body.code, body.status, body.title],
        [code, status, PROBLEMS[code as keyof typeof PROBLEMS].title],
      )
      assert.equal(headers.get('content-type'), 'application/problem+json')
      assert.equal(headers.get('cache-control'), 'no-store')
      assert.equal(body.request_id, headers.get('x-request-id'))
      assert.equal(body.type, `/problems/${PROBLEMS[code as keyof typeof PROBLEMS].name}`)
      assert.doesNotMatch(text, /canary|FST_|nowhere/)
      assert.equal((await call(body.type)).body.code, code)
    })

  it('names what is allowed with a 405, and answers OPTIONS and HEAD without surprise', async (t) => {
    const { call } = await startApp(t)
    assert.equal((await call('/list?x=1', { method: 'DELETE' })).headers.get('allow'), 'GET, HEAD, OPTIONS')
    assert.equal((await call('/events/x/redrive')).headers.get('allow'), 'OPTIONS, POST')
    const options = await call('/list', {
      method: 'OPTIONS',
      headers: { Origin: 'http://evil', 'Access-Control-Request-Method': 'GET' },
    })
    assert.deepEqual([options.status, options.headers.get('allow'), options.text], [204, 'GET, HEAD, OPTIONS', ''])
    assert.equal([...options.headers.keys()].filter((name) => name.startsWith('access-control')).length, 0)
    const head = await call('/list', { method: 'HEAD' })
    assert.deepEqual([head.status, head.text, head.headers.get('cache-control')], [200, '', 'no-store'])
    assert.equal((await call('/nowhere', { method: 'OPTIONS' })).status, 404)
    assert.equal((await call('/echo', { method: 'HEAD' })).status, 405)
  })

  it('says what would have been taken: Accept, Accept-Encoding, the limit', async (t) => {
    const { call } = await startApp(t)
    assert.equal((await call('/echo', json('x', 'text/plain'))).headers.get('accept'), 'application/json')
    assert.equal(
      (await call('/echo', { method: 'POST', headers: { 'Content-Encoding': 'br' } })).headers.get('accept-encoding'),
      'identity',
    )
    assert.equal((await call('/echo', json('x'.repeat(1_001)))).body.limit_bytes, 1_000)
  })

  it('lists each mistake with the parameter or the pointer', async (t) => {
    const { call } = await startApp(t)
    const query = await call('/list?limit=0&deep=maybe')
    assert.deepEqual(query.body.errors.map(({ parameter }: { parameter: string }) => parameter).sort(), [
      'deep',
      'limit',
    ])
    const missing = await call('/events/x/redrive', json('{"a/b":"x"}'))
    assert.deepEqual(missing.body.errors.map(({ pointer }: { pointer: string }) => pointer).sort(), ['/a~1b', '/note'])
  })

  for (const bad of ['1.5', 'abc', '', '1e2', '0x10', '-1', '201', '99999999999999999999', '1&limit=2'])
    it(`does not bend limit=${bad} into range`, async (t) => {
      const { call } = await startApp(t)
      assert.equal((await call(`/list?limit=${bad}`)).status, 400)
    })

  it('converts parameters from their plain form and fills in defaults', async (t) => {
    const { call } = await startApp(t)
    assert.deepEqual((await call('/list?limit=200&deep=false&eventId=12')).body, {
      limit: 200,
      deep: false,
      eventId: '12',
    })
    assert.deepEqual((await call('/list')).body, { limit: 50 })
  })

  it('adds Retry-After to what is worth repeating, and keeps the fields of the thrower', async (t) => {
    const { call } = await startApp(t)
    const conflict = await call('/conflict')
    assert.deepEqual(
      [conflict.headers.get('retry-after'), conflict.headers.get('x-note'), conflict.body.more],
      ['1', 'n', 1],
    )
    assert.equal((await call('/away')).headers.get('retry-after'), '1')
    assert.equal((await call('/bug')).headers.get('retry-after'), null)
  })

  it('logs a failure once, with its cause, under the request id that the sender was told', async (t) => {
    const { call, failures } = await startApp(t)
    const { body } = await call('/bug')
    await call('/away')
    await call('/conflict')
    await call('/nowhere')
    const [bug, away, ...rest] = failures()
    assert.equal(rest.length, 0)
    assert.deepEqual(
      [bug?.level, bug?.request_id, bug?.route, bug?.code],
      ['error', body.request_id, '/bug', 'INTERNAL'],
    )
    assert.match(JSON.stringify(bug?.error), /canary is not a function/)
    assert.deepEqual([away?.level, away?.code], ['warn', 'STORE_UNAVAILABLE'])
    assert.match(JSON.stringify(away?.error), /canary refused/)
  })

  it('takes names of Object.prototype as ordinary members of a body', async (t) => {
    const { call } = await startApp(t)
    const text = '{"__proto__":{"x":1},"constructor":{"prototype":2}}'
    assert.equal((await call('/echo', json(text, 'application/json; charset=utf-8'))).text, `{"body":${text}}`)
    assert.equal(({} as { x?: number }).x, undefined)
  })
})

describe('createHttpApp: request ids', { timeout: 120_000 }, () => {
  const idFor = async (t: TestContext, sent: string) => {
    const { call } = await startApp(t)
    return (await call('/list', { headers: { 'X-Request-Id': sent } })).headers.get('x-request-id')
  }

  it('takes over a well-formed one', async (t) => {
    assert.equal(await idFor(t, 'a.B_1:2-3'), 'a.B_1:2-3')
    assert.equal(await idFor(t, 'x'.repeat(128)), 'x'.repeat(128))
  })

  for (const bad of ['', 'a b', 'x'.repeat(129), 'a,b', '<script>'])
    it(`makes a new one instead of ${JSON.stringify(bad.slice(0, 10))}`, async (t) => {
      assert.match((await idFor(t, bad)) ?? '', /^[\da-f-]{36}$/)
    })
})

describe('createHttpApp: operations', { timeout: 120_000 }, () => {
  it('answers health and readiness, also under /health', async (t) => {
    const { call, health } = await startApp(t)
    assert.deepEqual((await call('/healthz')).body, { status: 'ok' })
    const before = await call('/readyz')
    assert.deepEqual([before.status, before.body.status, before.headers.get('retry-after')], [503, 'unavailable', '1'])
    await health.start()
    const after = await call('/readyz')
    assert.deepEqual([after.status, after.body.status, after.body.components.store.status], [200, 'ok', 'ok'])
    assert.deepEqual((await call('/health')).body, after.body)
    health.drain()
    assert.equal((await call('/readyz')).status, 503)
  })

  it('counts requests by route pattern, never by path', async (t) => {
    const { call } = await startApp(t)
    await call('/events/canary-id')
    await call('/canary-path', { method: 'PROPFIND' })
    const { text, headers } = await call('/metrics')
    assert.match(text, /sluice_http_requests_total\{method="GET",route="\/events\/:id",status="200",process="test"\} 1/)
    assert.match(text, /sluice_http_requests_total\{method="any",route="none",status="404",process="test"\} 1/)
    assert.doesNotMatch(text, /canary/)
    assert.match(headers.get('content-type') ?? '', /^text\/plain; version=0.0.4/)
  })

  it('shows series with a tenant label only to whom exposeTenants lets', async (t) => {
    const { call, metrics } = await startApp(t, {
      exposeTenants: (request) => request.headers.authorization === 'Bearer t',
    })
    metrics.counter({ name: 'sluice_t_total', help: 't', labelNames: ['tenant'] }).inc({ tenant: 'acme' })
    assert.doesNotMatch((await call('/metrics')).text, /acme/)
    assert.match((await call('/metrics', { headers: { Authorization: 'Bearer t' } })).text, /acme/)
  })

  it('writes one line per request where requests are the unit of work, and none for probes', async (t) => {
    const { call, lines } = await startApp(t, { logRequests: true })
    await call('/healthz')
    await call('/events/canary?x=canary')
    const answered = lines.filter(({ event }) => event === 'request.answered')
    assert.deepEqual(
      answered.map(({ route, method, status }) => [route, method, status]),
      [['/events/:id', 'GET', 200]],
    )
    assert.doesNotMatch(JSON.stringify(answered), /canary/)
  })
})

describe('createHttpApp: docs', { timeout: 120_000 }, () => {
  it('publishes the schemas that validate, with problems as the default answer', async (t) => {
    const { call } = await startApp(t)
    const { body } = await call('/openapi.json')
    assert.deepEqual([body.openapi, body.info.title, body.info.version], ['3.1.0', 'Test', '1.2.3'])
    const { parameters, responses } = body.paths['/list'].get
    assert.equal(parameters.find(({ name }: { name: string }) => name === 'limit').schema.maximum, 200)
    assert.ok(responses.default.content['application/problem+json'])
    assert.ok(body.paths['/events/{id}/redrive'].post.requestBody)
    assert.ok(body.paths['/healthz'] && !body.paths['/docs/'])
  })

  it('serves the page and all its parts from here, behind a content security policy', async (t) => {
    const { call } = await startApp(t)
    const page = await call('/docs')
    assert.equal(page.status, 200)
    assert.match(page.headers.get('content-security-policy') ?? '', /script-src 'self';/)
    assert.doesNotMatch(page.headers.get('content-security-policy') ?? '', /https?:/)
    assert.deepEqual(
      [
        page.headers.get('x-content-type-options'),
        page.headers.get('referrer-policy'),
        page.headers.get('cache-control'),
      ],
      ['nosniff', 'no-referrer', 'no-store'],
    )
    const parts = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, part = '']) => part)
    assert.ok(parts.length >= 5)
    for (const part of parts) {
      assert.match(part, /^\/docs\//)
      assert.equal((await call(part)).status, 200, part)
    }
    const initializer = await call('/docs/static/swagger-initializer.js')
    assert.match(initializer.text, /"url":"\/openapi.json"/)
  })

  it('has neither where docs are off', async (t) => {
    const { call } = await startApp(t, { docs: false })
    assert.deepEqual([(await call('/docs')).status, (await call('/openapi.json')).status], [404, 404])
  })
})

describe('createHttpApp: a hot route on bare node:http', { timeout: 120_000 }, () => {
  const hot = (response: ServerResponse, requestId: string) =>
    writeProblem(response, 'OVERLOADED', { detail: 'Busy.', requestId })

  it('takes its requests before Fastify does, and renders the same problems', async (t) => {
    const { call } = await startApp(t, {
      serverFactory: (toFastify) =>
        createHardenedServer((request, response) =>
          request.method === 'POST' && request.url === '/hot'
            ? hot(response, resolveRequestId(request))
            : toFastify(request, response),
        ),
    })
    const { status, headers, body } = await call('/hot', { method: 'POST', headers: { 'X-Request-Id': 'r-1' } })
    assert.deepEqual(
      [status, body.code, body.request_id, headers.get('x-request-id'), headers.get('retry-after')],
      [503, 'OVERLOADED', 'r-1', 'r-1', '1'],
    )
    assert.deepEqual(
      [headers.get('content-type'), headers.get('cache-control')],
      ['application/problem+json', 'no-store'],
    )
    assert.equal((await call('/list')).status, 200)
  })

  it('answers what cannot be read once, as a problem', async (t) => {
    const { port } = await startApp(t)
    const socket = connect(port, '127.0.0.1')
    t.after(() => socket.destroy())
    socket.end('GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n')
    let text = ''
    for await (const chunk of socket) text += chunk
    assert.equal(text.match(/HTTP\/1\.1 \d/g)?.length, 1)
    assert.match(text, /^HTTP\/1.1 400 [\s\S]*"code":"BAD_REQUEST"/)
  })
})
