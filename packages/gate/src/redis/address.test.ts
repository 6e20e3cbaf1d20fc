import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseRedisAddress } from './address.ts'

const LOCAL = { host: 'localhost', port: 6_379, tls: false, username: null, password: null, database: 0 }

describe('the address of Redis', () => {
  for (const [text, address] of [
    ['localhost:6379', LOCAL],
    ['10.0.0.7:7000', { ...LOCAL, host: '10.0.0.7', port: 7_000 }],
    ['[::1]:6379', { ...LOCAL, host: '::1' }],
    ['redis://localhost', LOCAL],
    ['redis://localhost:7000/', { ...LOCAL, port: 7_000 }],
    ['redis://localhost/3', { ...LOCAL, database: 3 }],
    ['redis://[::1]:6379/1', { ...LOCAL, host: '::1', database: 1 }],
    ['redis://:a%40b%3A@localhost', { ...LOCAL, password: 'a@b:' }],
    ['redis://ann@localhost', { ...LOCAL, username: 'ann' }],
    [
      'rediss://ann:pass@cache.example:6380/0',
      { host: 'cache.example', port: 6_380, tls: true, username: 'ann', password: 'pass', database: 0 },
    ],
  ] as const)
    it(`is read from ${text}`, () => assert.deepEqual(parseRedisAddress(text), address))

  for (const text of [
    '',
    'localhost',
    'localhost:',
    ':6379',
    'localhost:0',
    'localhost:65536',
    'local host:6379',
    'ann:pass@localhost:6379',
    '::1:6379',
    'http://localhost:6379',
    'redis://',
    'redis://localhost:port',
    'redis://localhost/first',
    'redis://localhost/-1',
    'redis://localhost/0?timeout=5',
    'redis://:%zz@localhost',
  ])
    it(`is not read from "${text}", and says what to write`, () => {
      const parsed = parseRedisAddress(text)
      assert.ok('expected' in parsed)
      assert.match(parsed.expected, /^host:port or a URL/)
    })

  for (const text of [
    'a:6379,b:6379',
    'redis://a:6379,redis://b:6379',
    'redis-sentinel://localhost:26379/mymaster',
    'redis+sentinel://localhost:26379',
    'rediss+cluster://localhost:6379',
    'redis-cluster://localhost',
  ])
    it(`says that it is one server when it is ${text}`, () => {
      const parsed = parseRedisAddress(text)
      assert.ok('expected' in parsed)
      assert.match(parsed.expected, /^one Redis server: Cluster and Sentinel are not supported/)
    })
})
