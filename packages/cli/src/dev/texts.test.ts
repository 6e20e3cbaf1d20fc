import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readyBanner } from './banner.ts'
import { statusTable } from './status.ts'

const facts = {
  addresses: new Map([
    ['ingest', { origin: 'http://127.0.0.1:8080', ofItself: null }],
    ['admin', { origin: 'http://127.0.0.1:8081', ofItself: null }],
  ]),
  late: [],
  databaseText: 'embedded, data in /d',
  kafkaBrokers: null,
  usesRedis: false,
  usesDemoKeys: true,
  hasAdminToken: false,
  tookMs: 1_234,
  exampleId: 'hello-1',
  now: new Date('2026-01-02T03:04:05Z'),
}

describe('what people read', () => {
  it('ends a start with an event to paste that is valid, and where to see it', () => {
    const text = readyBanner(facts)
    const body = /-d '(.*)'$/m.exec(text)?.[1]
    assert.deepEqual(Object.keys(JSON.parse(body ?? '')), [
      'event_id',
      'event_type',
      'schema_version',
      'occurred_at',
      'payload',
    ])
    assert.match(text, /-H 'X-API-Key: key_a' -H 'Idempotency-Key: hello-1'/)
    assert.match(text, /curl 'http:\/\/127\.0\.0\.1:8081\/admin\/event\/search\?tenant=tenant_a&eventId=hello-1'/)
    assert.match(text, /ready \(1\.2 s\)/)
  })

  it('names the engines that the user brings, without what may be a password', () => {
    assert.doesNotMatch(readyBanner(facts), /kafka|redis/)
    const text = readyBanner({ ...facts, kafkaBrokers: 'k1:9092, k2:9092', usesRedis: true })
    assert.match(text, /kafka +k1:9092, k2:9092\n {2}redis +as in REDIS_ADDR/)
  })

  it('says which part is still on its way', () => {
    const text = readyBanner({ ...facts, late: ['admin'] })
    assert.match(text, /admin +http:\/\/127\.0\.0\.1:8081 +still starting/)
    assert.doesNotMatch(text, /8080 +still starting/)
  })

  it('shows how to pass a token and a key without showing them', () => {
    const text = readyBanner({ ...facts, usesDemoKeys: false, hasAdminToken: true })
    assert.match(text, /Authorization: Bearer \$ADMIN_TOKEN/)
    assert.doesNotMatch(text, /key_a|tenant_a/)
  })

  it('lines the parts up and hides the password of the database', () => {
    const text = statusTable({
      ready: false,
      database_url: 'postgres://me:secret@db/x',
      processes: [
        { name: 'ingest', pid: 10, port: 8080, state: 'ready' },
        { name: 'processor', pid: null, port: 8082, state: 'stopped' },
      ],
    })
    assert.equal(
      text,
      [
        'PART       STATE    PORT  PID',
        'ingest     ready    8080  10',
        'processor  stopped  8082  -',
        '',
        'database  postgres://me:***@db/x',
        'not ready',
        '',
      ].join('\n'),
    )
  })
})
