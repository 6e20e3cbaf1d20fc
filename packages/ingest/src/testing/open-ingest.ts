import { randomUUID } from 'node:crypto'
import { type IncomingHttpHeaders, request } from 'node:http'
import type { TestContext } from 'node:test'
import { RAW_TOPIC, TOPIC_PARTITIONS } from '@sluice/contract/topics'
import type { EventLog, LogRecord } from '@sluice/event-log'
import { createMemoryEventLog } from '@sluice/event-log/memory'
import type { Gate } from '@sluice/gate'
import { createKeyring } from '@sluice/gate/keyring'
import { createMemoryGate } from '@sluice/gate/memory'
import { createWrongKeyThrottle } from '@sluice/gate/wrong-key-throttle'
import { systemClock } from '@sluice/runtime/clock'
import { createHealth } from '@sluice/runtime/health'
import { listen } from '@sluice/runtime/http-server'
import { createMetrics } from '@sluice/runtime/metrics'
import { createManualClock } from '@sluice/runtime/testing/manual-clock'
import { createMemoryLog } from '@sluice/runtime/testing/memory-log'
import { type Acceptance, type ArrivedEvent, createAcceptEvents } from '#src/accept-events.ts'
import { createIngestApp } from '#src/app.ts'
import { createInFlightBytes } from '#src/in-flight-bytes.ts'
import { createIngestMetrics } from '#src/ingest-metrics.ts'
import { createLogBreaker } from '#src/log-breaker.ts'
import { createMicroBatcher } from '#src/micro-batcher.ts'
import { withAppendWatch } from '#src/observed-ports.ts'
import { MICRO_BATCH } from '#src/time-budget.ts'

export type IngestChange = {
  ratePerMin?: number
  capBytes?: number
  maxEventBytes?: number
  /** What an event may wait for a lane; a minute unless given, so that a slow machine is no overload. */
  maxWaitMs?: number
  breakerOpen?: boolean
  wrongKeysPerSecond?: number
  /** As while the keys of the database were not read yet. */
  keysAreAway?: boolean
  /** What the breaker asks once it is open; the memory log unless given. */
  probe?: () => Promise<void>
  /** Put in front of the memory log's. */
  append?: (inner: EventLog) => EventLog['append']
  /** Put in front of the memory gate's. */
  admit?: (inner: Gate) => Gate['admit']
}

export const MAX_EVENT_BYTES = 1_024

/** Ingest on a free loopback port with memory log and gate. Its throttle's clock stands still. */
export async function openIngest(t: TestContext, change: IngestChange = {}) {
  const { ratePerMin = 300, capBytes = 1_048_576, maxEventBytes = MAX_EVENT_BYTES } = change
  const { breakerOpen = false, wrongKeysPerSecond = 20, keysAreAway = false, maxWaitMs = 60_000 } = change
  const { log } = createMemoryLog()
  const eventLog = createMemoryEventLog({ topics: { ...TOPIC_PARTITIONS } })
  const gate = createMemoryGate({ clock: systemClock, windowMs: 60_000 })
  const inFlight = createInFlightBytes(capBytes)
  const metrics = createMetrics({ process: 'ingest', version: VERSION })
  const counts = createIngestMetrics(metrics, inFlight.used)
  const health = createHealth({
    log,
    components: { log: { critical: true, probe: () => eventLog.ready().then(() => 'ok' as const) } },
  })
  const breaker = createLogBreaker({ probe: change.probe ?? eventLog.ready, threshold: 5, probeEveryMs: 10 })
  t.after(breaker.close)
  const appended = { ...eventLog, append: change.append?.(eventLog) ?? eventLog.append }
  const accept = createAcceptEvents({
    gate: {
      admit: change.admit?.(gate) ?? ((requests) => gate.admit(requests)),
      settle: (outcomes) => gate.settle(outcomes),
    },
    eventLog: withAppendWatch(appended, counts, breaker, log),
    clock: systemClock,
    newToken: randomUUID,
  })
  const away: Acceptance = { type: 'log_unavailable', degraded: false, limit: null }
  const batcher = createMicroBatcher<ArrivedEvent, Acceptance>({
    run: accept,
    expired: away,
    failed: () => away,
    clock: systemClock,
    ...MICRO_BATCH,
    maxWaitMs,
  })
  const app = await createIngestApp({
    log,
    health,
    metrics,
    version: VERSION,
    exposeTenants: true,
    events: {
      keyring: { ...createKeyring(KEYS), isComplete: () => !keysAreAway },
      throttle: createWrongKeyThrottle(createManualClock(0), wrongKeysPerSecond),
      inFlight,
      breaker: { isOpen: () => breakerOpen || breaker.isOpen() },
      batcher,
      metrics: counts,
      clock: systemClock,
      ratePerMin,
      maxEventBytes,
    },
  })
  const listening = await listen(app, { host: '127.0.0.1', port: 0, log, shutdownDelayMs: 0, health })
  // For a machine that is slow to send; a test that is about these limits shortens them.
  Object.assign(app.server, { headersTimeout: 60_000, requestTimeout: 60_000 })
  await health.start()
  t.after(async () => {
    await listening[Symbol.asyncDispose]()
    await health[Symbol.asyncDispose]()
  })

  const { port } = listening
  return {
    port,
    app,
    /** Its time limits may be shortened; they are looked at once a second. */
    server: app.server,
    inFlight,
    batcher,
    send: (given: Sending = {}) => send(port, given),
    /** Values in the log, over all partitions. */
    async records() {
      const found: LogRecord[] = []
      for (const { partition } of await eventLog.lag(RAW_TOPIC, 'any'))
        for (let from = 0n; ; ) {
          const some = await eventLog.read(RAW_TOPIC, partition, from, 1_000)
          found.push(...some)
          const last = some.at(-1)
          if (last === undefined) break
          from = last.offset + 1n
        }
      return found
    },
  }
}

const VERSION = { version: '1.2.3', commit: null }
const KEYS = [
  { tenantId: 'tenant_a', key: 'key_a' },
  { tenantId: 'tenant_b', key: 'key_b' },
]

export const EVENT =
  '{"event_id":"e1","event_type":"order.paid","schema_version":1,"occurred_at":"2026-01-02T03:04:05Z","payload":{"n":1.10}}'

export type Sending = {
  method?: string
  path?: string
  /** Beside those of an event that is accepted; null leaves one out. */
  headers?: Record<string, string | string[] | null>
  /** Null: the head alone, with the promise of a body that never comes. */
  body?: string | Buffer | null
  chunked?: boolean
}

export type Received = { status: number; headers: IncomingHttpHeaders; text: string; json: Record<string, unknown> }

const sizeOf = (body: Sending['body'], chunked = false): Record<string, string> =>
  chunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(Buffer.byteLength(body ?? EVENT)) }

function send(port: number, { method = 'POST', path = '/events', headers, body = EVENT, chunked }: Sending) {
  const all: Record<string, string | string[] | null> = {
    'content-type': 'application/json',
    'x-api-key': 'key_a',
    'idempotency-key': 'k1',
    'x-request-id': 'r1',
    // Else Node's client asks for the end of the connection itself, and a test could not tell who did.
    connection: 'keep-alive',
    ...(method === 'POST' ? sizeOf(body, chunked) : {}),
    ...headers,
  }
  const given = Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string | string[]] => entry[1] !== null),
  )
  return new Promise<Received>((resolve, reject) => {
    const outgoing = request({ port, host: '127.0.0.1', method, path, headers: given, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', reject)
      response.once('end', () => {
        outgoing.destroy()
        const text = Buffer.concat(chunks).toString()
        const isJson = /json/.test(response.headers['content-type'] ?? '')
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          json: isJson ? JSON.parse(text) : {},
        })
      })
    })
    outgoing.once('error', reject)
    if (method !== 'POST') outgoing.end()
    else if (body === null) outgoing.flushHeaders()
    else outgoing.end(body)
  })
}
