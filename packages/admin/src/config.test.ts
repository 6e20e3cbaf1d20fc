import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError } from '@sluice/runtime/errors'
import { parseAdminConfig } from './config.ts'

const DATABASE_URL = 'postgres://sluice@127.0.0.1:5432/sluice'
const TOKEN = 'correct-horse-battery'

test('listens on loopback, port 8081, unless told otherwise', () => {
  const { config } = parseAdminConfig({ DATABASE_URL })
  assert.deepEqual([config.host, config.port, config.adminToken], ['127.0.0.1', 8081, null])
})

test('listens elsewhere only with a token', () => {
  assert.equal(parseAdminConfig({ DATABASE_URL, HOST: '0.0.0.0' }).config.host, '127.0.0.1')
  assert.equal(parseAdminConfig({ DATABASE_URL, HOST: '0.0.0.0', ADMIN_TOKEN: TOKEN }).config.host, '0.0.0.0')
  assert.equal(parseAdminConfig({ DATABASE_URL, HOST: '::1' }).config.host, '::1')
})

test('names every setting that is wrong, and shows no secret', () => {
  assert.throws(
    () =>
      parseAdminConfig({
        ADMIN_PORT: '99999',
        ADMIN_TOKEN: 'short',
        LOG_LEVEL: 'loud',
        INGEST_URL: 'ingest',
        API_KEYS: 'short',
      }),
    (error: unknown) => {
      assert.ok(error instanceof ConfigError)
      for (const name of ['ADMIN_PORT', 'ADMIN_TOKEN', 'LOG_LEVEL', 'DATABASE_URL', 'INGEST_URL', 'API_KEYS'])
        assert.ok(
          error.problems.some((problem) => problem.includes(name)),
          name,
        )
      assert.equal(error.problems.join().includes('short'), false)
      return true
    },
  )
})

test('token, password and the addresses of engines are told as secrets', () => {
  const { read } = parseAdminConfig({ DATABASE_URL, ADMIN_TOKEN: TOKEN })
  const secrets = read.entries().filter(({ secret }) => secret)
  assert.deepEqual(secrets.map(({ name }) => name).toSorted(), [
    'ADMIN_TOKEN',
    'API_KEYS',
    'DATABASE_URL',
    'REDIS_ADDR',
    'REDIS_PASSWORD',
  ])
  assert.equal(JSON.stringify(read.entries()).includes(TOKEN), false)
})
