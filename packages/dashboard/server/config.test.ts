import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ConfigError } from '@sluice/runtime/errors'
import { parseDashboardConfig } from './config.ts'

const parse = (env: Record<string, string>) => parseDashboardConfig(env).config

describe('settings of the dashboard', () => {
  it('needs none', () => {
    const config = parse({})
    assert.deepEqual(config, {
      host: '127.0.0.1',
      port: 3000,
      logLevel: 'info',
      adminUrl: 'http://127.0.0.1:8081',
      adminToken: null,
    })
  })

  it('listens on loopback only while nobody has to sign in', () => {
    assert.equal(parse({ HOST: '0.0.0.0' }).host, '127.0.0.1')
    assert.equal(parse({ HOST: '0.0.0.0', ADMIN_TOKEN: 'x'.repeat(16) }).host, '0.0.0.0')
  })

  it('takes the address of the Admin API with or without its path, and by its other name', () => {
    assert.equal(parse({ ADMIN_URL: 'http://admin:8081/admin/' }).adminUrl, 'http://admin:8081')
    assert.equal(parse({ NEXT_PUBLIC_API_BASE: 'http://other:9/' }).adminUrl, 'http://other:9')
    assert.equal(
      parse({ NEXT_PUBLIC_API_BASE: 'http://other:9', ADMIN_URL: 'http://admin:8081' }).adminUrl,
      'http://admin:8081',
    )
  })

  it('names every wrong value at once', () => {
    assert.throws(
      () => parse({ DASHBOARD_PORT: 'x', ADMIN_URL: 'ftp://x', ADMIN_TOKEN: 'short' }),
      (error: unknown) => error instanceof ConfigError && error.problems.length === 3,
    )
  })
})
