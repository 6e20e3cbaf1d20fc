import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PARTS } from './parts.ts'
import { dataDirOf, listenHost, originOf, parseDevSettings, partEnv } from './settings.ts'

const ports = new Map(PARTS.map(({ name, defaultPort }) => [name, defaultPort]))
const envOf = (env: Record<string, string>) =>
  partEnv(env, parseDevSettings(env, PARTS), PARTS, { ports, databaseUrl: 'postgres://embedded' })
const partNamed = (name: string) => {
  const part = PARTS.find((candidate) => candidate.name === name)
  assert.ok(part !== undefined)
  return part
}

describe('settings of the stack', () => {
  it('hands on what the user has set', () => {
    const own = {
      DATABASE_URL: 'postgres://mine',
      API_KEYS: 'a:b',
      HOST: '0.0.0.0',
      RATE_LIMIT_PER_MIN: '7',
      ADMIN_URL: 'http://x',
      INGEST_URL: 'http://y',
    }
    const env = envOf(own)
    for (const [name, value] of Object.entries(own)) assert.equal(env[name], value)
  })

  it('gives the parts the embedded database and the demo keys where the user has neither', () => {
    const env = envOf({})
    assert.equal(env.DATABASE_URL, 'postgres://embedded')
    assert.equal(env.API_KEYS, 'tenant_a:key_a,tenant_b:key_b')
    assert.equal(env.INGEST_PORT, '8080')
    assert.equal(env.PROCESSOR_PORT, '8082')
    assert.equal(env.ADMIN_URL, 'http://127.0.0.1:8081')
    assert.equal(env.INGEST_URL, 'http://127.0.0.1:8080')
  })

  it('lets the parts make the topics of a Kafka that the user names, unless the user decides', () => {
    assert.equal(envOf({ KAFKA_BROKERS: 'k:1' }).KAFKA_CREATE_TOPICS, 'true')
    assert.equal(envOf({ KAFKA_BROKERS: 'k:1', KAFKA_CREATE_TOPICS: 'false' }).KAFKA_CREATE_TOPICS, 'false')
    assert.equal(envOf({}).KAFKA_CREATE_TOPICS, undefined)
  })

  it('keeps admin on loopback as long as there is no token', () => {
    const open = parseDevSettings({ HOST: '0.0.0.0' }, PARTS)
    const guarded = parseDevSettings({ HOST: '0.0.0.0', ADMIN_TOKEN: 't' }, PARTS)
    assert.equal(listenHost(open, partNamed('admin')), '127.0.0.1')
    assert.equal(listenHost(open, partNamed('ingest')), '0.0.0.0')
    assert.equal(listenHost(guarded, partNamed('admin')), '0.0.0.0')
  })

  it('reaches a part on the address that it listens on', () => {
    const origin = (host: string) => originOf(parseDevSettings({ HOST: host }, PARTS), partNamed('ingest'), 80)
    assert.deepEqual(['127.0.0.1', '0.0.0.0', '::', '::1', '10.1.2.3'].map(origin), [
      'http://127.0.0.1:80',
      'http://127.0.0.1:80',
      'http://127.0.0.1:80',
      'http://[::1]:80',
      'http://10.1.2.3:80',
    ])
  })

  it('finds the data by flag, then setting, then in the project', () => {
    const find = (flag: string | null, setting = '') =>
      dataDirOf({ SLUICE_DATA_DIR: setting }, flag, '/project', '/here')
    assert.equal(find('data', 'other'), '/here/data')
    assert.equal(find(null, 'other'), '/project/other')
    assert.equal(find(null, '/other'), '/other')
    assert.equal(find(null), '/project/.sluice')
  })
})
