import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

/** As docker-compose prints it: checked against its schema, variables put in, short forms written out. */
type Service = {
  image: string
  command?: string[]
  environment?: Record<string, string>
  ports?: string[]
  volumes?: string[]
  profiles?: string[]
  restart?: string
  healthcheck?: object
  depends_on?: Record<string, { condition: string }>
}
type Composition = { services: Record<string, Service>; volumes: Record<string, { name: string }> }

const PROFILES = ['app', 'observability', 'load']
const composition = readComposition()
const { services, volumes } = composition
const of = (name: string): Service => {
  const service = services[name]
  assert.ok(service !== undefined, name)
  return service
}

function readComposition(): Composition {
  const args = [...PROFILES.flatMap((profile) => ['--profile', profile]), 'config']
  const cwd = fileURLToPath(new URL('.', import.meta.url))
  return parse(execFileSync('docker-compose', args, { cwd, encoding: 'utf8' })) as Composition
}

describe('docker-compose.yml', () => {
  it('brings the engines alone unless a profile is named', () => {
    const engines = Object.entries(services).filter(([, { profiles }]) => profiles === undefined)
    assert.deepEqual(engines.map(([name]) => name).sort(), ['kafka', 'kafka-init', 'postgres', 'redis'])
  })

  it('runs ingest twice, the processor twice, admin and the dashboard from one image', () => {
    const app = Object.entries(services).filter(([, { profiles }]) => profiles?.includes('app'))
    assert.deepEqual(app.map(([name]) => name).sort(), [
      'admin',
      'dashboard',
      'ingest-1',
      'ingest-2',
      'migrate',
      'processor-1',
      'processor-2',
    ])
    assert.deepEqual([...new Set(app.map(([, { image }]) => image))], ['sluice:local'])
  })

  it('opens ports on loopback only, each once', () => {
    const ports = Object.values(services).flatMap((service) => service.ports ?? [])
    for (const port of ports) assert.match(port, /^127\.0\.0\.1:\d+:\d+\/tcp$/)
    const published = ports.map((port) => port.split(':')[1])
    assert.equal(new Set(published).size, published.length)
    for (const known of ['8080', '8081', '3000', '9092', '6379', '5432']) assert.ok(published.includes(known), known)
  })

  it('keeps what must outlive a container on named volumes, Redis with an append-only file', () => {
    assert.deepEqual(
      Object.values(volumes)
        .map(({ name }) => name)
        .sort(),
      ['ep_kafka_data', 'ep_postgres_data', 'ep_redis_data'],
    )
    assert.match(of('redis').command?.join(' ') ?? '', /--appendonly yes .*--maxmemory-policy noeviction/)
    const { environment = {}, volumes: mounted = [] } = of('kafka')
    assert.ok(mounted.some((mount) => mount.startsWith(`ep_kafka_data:${environment.KAFKA_LOG_DIRS}`)))
  })

  it('lets no topic come into being by being named', () => {
    assert.equal(of('kafka').environment?.KAFKA_AUTO_CREATE_TOPICS_ENABLE, 'false')
  })

  it('asks what runs on whether it is well, and waits for what a service needs', () => {
    for (const [name, { restart, healthcheck }] of Object.entries(services))
      if (restart === 'unless-stopped') assert.ok(healthcheck !== undefined, `${name} has no health check`)
    for (const name of ['ingest-1', 'ingest-2', 'processor-1', 'processor-2', 'admin']) {
      const conditions = of(name).depends_on ?? {}
      assert.equal(conditions['kafka-init']?.condition, 'service_completed_successfully', name)
      assert.equal(conditions.migrate?.condition, 'service_completed_successfully', name)
      assert.equal(conditions.redis?.condition, 'service_healthy', name)
    }
  })

  it('tells the processes how many of ingest there are, and where people and admin find it', () => {
    const { environment } = of('admin')
    assert.equal(environment?.INGEST_WORKERS, '2')
    assert.equal(environment?.INGEST_URL, 'http://ingest-1:8080')
    assert.equal(environment?.INGEST_PUBLIC_URL, 'http://127.0.0.1:8080')
  })
})
