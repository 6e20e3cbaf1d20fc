import { randomUUID } from 'node:crypto'
import type { TestContext } from 'node:test'
import { encodeEnvelope } from '@sluice/contract/envelope'
import { fingerprintOf } from '@sluice/contract/fingerprint'
import { newReceiptId } from '@sluice/contract/identifiers'
import { PROCESSOR_GROUP, RAW_TOPIC, TOPIC_PARTITIONS } from '@sluice/contract/topics'
import { type EventLog, LogUnavailableError } from '@sluice/event-log'
import { createMemoryEventLog } from '@sluice/event-log/memory'
import { createHeartbeats, type Heartbeats } from '@sluice/event-store/heartbeats'
import { createEventStore } from '@sluice/event-store/settle-batch'
import { type Gate, GateUnavailableError } from '@sluice/gate'
import { createKeyring } from '@sluice/gate/keyring'
import { createMemoryGate } from '@sluice/gate/memory'
import { createWrongKeyThrottle, WRONG_KEYS_PER_SECOND } from '@sluice/gate/wrong-key-throttle'
import { type Clock, systemClock } from '@sluice/runtime/clock'
import { createHealth } from '@sluice/runtime/health'
import { createMetrics } from '@sluice/runtime/metrics'
import { closePool, openPool, type Pool } from '@sluice/runtime/postgres'
import { createManualClock } from '@sluice/runtime/testing/manual-clock'
import { createMemoryLog } from '@sluice/runtime/testing/memory-log'
import { testDatabase } from '@sluice/runtime/testing/test-database'
import { createAdminApp } from '../app.ts'
import { createAccess } from '../http/access.ts'
import { createLagMonitor } from '../lag/lag-monitor.ts'
import { createLiveStreams } from '../live/live-routes.ts'
import { createPlatformHealth } from '../platform/platform-health.ts'
import { createRedriveRunner } from '../redrives/redrive-runner.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
export const API_KEYS = [
  { tenantId: 'acme', key: 'key-of-acme-0123456789' },
  { tenantId: 'umbrella', key: 'key-of-umbrella-0123456789' },
]
/** As the settings' defaults say. */
export const KEPT_LONG = { events: 30 * DAY_MS, deadLetters: 14 * DAY_MS, log: 7 * DAY_MS }
const VERSION = { version: '0.0.0', commit: null }

export type TestAdminOptions = {
  adminToken?: string | null
  ingestUrl?: string
  publicIngestUrl?: string
  redriveClock?: Clock
  retentionMs?: typeof KEPT_LONG
  throttleClock?: Clock
  /** As while the keys of the database were not read yet. */
  keysAreAway?: boolean
  /** The Admin API then asks a database that nobody serves. */
  storeIsAway?: boolean
  /** Stands before the memory log: what a test wants to be different. */
  eventLog?: (log: EventLog) => Partial<EventLog>
  gate?: (gate: Gate) => Partial<Gate>
}

/** The Admin API on a database of this test alone, with log and gate in memory, asked without a socket. */
export async function openTestAdmin(t: TestContext, options: TestAdminOptions = {}) {
  const database = await testDatabase(t)
  const pool = options.storeIsAway ? openUnservedPool(t) : database.pool
  const eventLog = createMemoryEventLog({ topics: TOPIC_PARTITIONS })
  // A claim is held for longer than a busy machine needs to ask for it.
  const gate = createMemoryGate({ clock: systemClock, windowMs: 1_800_000, leaseMs: 1_800_000 })
  const seenLog: EventLog = { ...eventLog, ...options.eventLog?.(eventLog) }
  const seenGate: Gate = { ...gate, ...options.gate?.(gate) }
  const { log } = createMemoryLog()
  const probe = (ask: () => Promise<unknown>, critical: boolean) => ({
    critical,
    probe: async () => {
      await ask()
      return 'ok' as const
    },
  })
  // One round, which may take what a busy machine needs: no engine comes or goes in the middle of a test.
  const health = createHealth({
    log,
    clock: createManualClock(Date.now()),
    intervalMs: MINUTE_MS,
    limitMs: MINUTE_MS,
    components: {
      store: probe(() => pool.query('SELECT 1'), true),
      log: probe(() => seenLog.ready(), false),
      gate: probe(() => seenGate.ready(), false),
    },
  })
  const lag = createLagMonitor(seenLog, systemClock)
  // Turned by the test itself.
  const redrives = createRedriveRunner({
    pool,
    eventLog: seenLog,
    lag,
    holder: randomUUID(),
    clock: options.redriveClock ?? systemClock,
    log,
  })
  const platform = createPlatformHealth({ pool, health, lag, latencyOf: () => null, clock: systemClock })
  const live = createLiveStreams({ pool, eventLog: seenLog, clock: systemClock, log })
  const app = await createAdminApp({
    pool,
    eventLog: seenLog,
    gate: seenGate,
    lag,
    live,
    platform,
    redrives,
    engine: 'memory',
    settings: {
      gateEngine: 'memory',
      asksForToken: options.adminToken != null,
      ratePerMin: 300,
      windowMs: 1_800_000,
      retentionMs: options.retentionMs ?? KEPT_LONG,
      ingestUrl: options.ingestUrl ?? null,
      publicIngestUrl: options.publicIngestUrl ?? options.ingestUrl ?? null,
      apiKeys: API_KEYS,
    },
    keyring: { ...createKeyring(API_KEYS), isComplete: () => options.keysAreAway !== true },
    throttle: createWrongKeyThrottle(options.throttleClock ?? systemClock, WRONG_KEYS_PER_SECOND),
    clock: systemClock,
    log,
    health,
    metrics: createMetrics({ process: 'admin', version: VERSION }),
    version: VERSION,
    access: createAccess(options.adminToken ?? null),
  })
  await health.start()
  t.after(async () => {
    await live[Symbol.asyncDispose]()
    await app.close()
    await health[Symbol.asyncDispose]()
    await lag[Symbol.asyncDispose]()
  })

  async function get(url: string, headers: Record<string, string> = {}) {
    const response = await app.inject({ method: 'GET', url, headers: { host: 'localhost:8081', ...headers } })
    return { status: response.statusCode, headers: response.headers, text: response.body, body: response.json() }
  }
  async function post(url: string, payload: object | string, headers: Record<string, string> = {}) {
    const response = await app.inject({
      method: 'POST',
      url,
      payload,
      headers: { host: 'localhost:8081', 'content-type': 'application/json', ...headers },
    })
    return { status: response.statusCode, headers: response.headers, body: response.json() }
  }
  const beats = createHeartbeats({ pool: database.pool, instanceId: 'processor-1', log })
  const heartbeats: Heartbeats = {
    ...beats,
    /** A sign of life that is young still when a busy machine comes to look at it: one of 5 s ago is none. */
    async beat(heartbeat) {
      await beats.beat(heartbeat)
      await database.sql(
        `UPDATE processor_heartbeats SET beat_at = beat_at + interval '1 hour' WHERE instance_id = 'processor-1'`,
      )
    },
  }
  return {
    app,
    url: database.url,
    get,
    post,
    redrives,
    live,
    pool: database.pool,
    sql: database.sql,
    eventLog,
    gate,
    store: createEventStore({ pool: database.pool, shard: 0 }),
    heartbeats,
  }
}

function openUnservedPool(t: TestContext): Pool {
  const pool = openPool({
    url: 'postgres://nobody@127.0.0.1:1/nothing',
    max: 2,
    applicationName: 'sluice-test',
    statementTimeoutMs: 1_000,
    lockTimeoutMs: 1_000,
    log: createMemoryLog().log,
  })
  t.after(() => closePool(pool))
  return pool
}

export const logIsAway = (): Partial<EventLog> => {
  const away = async (): Promise<never> => {
    throw new LogUnavailableError('away')
  }
  return { lag: away, newest: away, read: away, ready: away }
}

export const gateIsAway = (): Partial<Gate> => {
  const away = async (): Promise<never> => {
    throw new GateUnavailableError('away')
  }
  return { counts: away, find: away, ready: away }
}

/** Puts one accepted event into the log, where it waits; returns its receipt. */
export async function appendAccepted(eventLog: EventLog, receiptId = newReceiptId(Date.now())): Promise<string> {
  const body = Buffer.from('{"event_type":"order.created"}')
  const head = {
    receiptId,
    tenantId: 'acme',
    idempotencyKey: `key-${receiptId}`,
    fingerprint: fingerprintOf(body),
    requestId: 'request-1',
    receivedAt: new Date().toISOString(),
  }
  await eventLog.append(RAW_TOPIC, [{ key: 'acme:1', value: encodeEnvelope(head, body), headers: {} }])
  return receiptId
}

/** Commits whatever waits, as the processor does once it has settled it. */
export async function commitAll(eventLog: EventLog): Promise<void> {
  await using consumer = await eventLog.consume({
    topic: RAW_TOPIC,
    group: PROCESSOR_GROUP,
    maxRecords: 1_000,
    maxBytes: 4_194_304,
    maxWaitMs: 5,
  })
  await (await consumer.next())?.commit()
}
