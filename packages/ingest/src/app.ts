import type { IncomingMessage } from 'node:http'
import {
  AcceptedBody,
  BatchHeaders,
  BatchResults,
  CloudEventBody,
  CloudEventsBody,
  EventBody,
  EventHeaders,
  EventsBody,
  ProblemBody,
} from '@sluice/contract/ingest-api'
import type { Health } from '@sluice/runtime/health'
import { createHttpApp, type HttpApp } from '@sluice/runtime/http-app'
import { createHardenedServer } from '@sluice/runtime/http-server'
import type { Logger } from '@sluice/runtime/logger'
import type { Metrics } from '@sluice/runtime/metrics'
import { ProblemError } from '@sluice/runtime/problem-error'
import type { Version } from '@sluice/runtime/version'
import { createBatchEndpoint } from './batch-endpoint.ts'
import { BATCHED, STRUCTURED } from './cloud-events.ts'
import { createEventsEndpoint } from './events-endpoint.ts'
import type { EventsEndpointParts } from './exchange.ts'

export type IngestAppParts = {
  log: Logger
  health: Health
  metrics: Metrics
  version: Version
  /** Whether `/metrics` shows series by tenant: to anybody who can reach a server that only listens on loopback. */
  exposeTenants: boolean
  events: EventsEndpointParts
}

/** What takes events is on bare node:http before Fastify sees the request; all else is Fastify's. */
export async function createIngestApp(parts: IngestAppParts): Promise<HttpApp> {
  const { events } = parts
  const postEvents = createEventsEndpoint(events)
  const postBatch = createBatchEndpoint(events)
  const app = await createHttpApp({
    ...parts,
    name: 'ingest',
    title: 'Sluice ingest API',
    docs: true,
    maxBodyBytes: events.maxEventBytes,
    exposeTenants: () => parts.exposeTenants,
    serverFactory: (toFastify) =>
      createHardenedServer((request, response) => {
        if (isPostOf(request, '/events')) postEvents(request, response)
        else if (isPostOf(request, '/events/batch')) postBatch(request, response)
        else toFastify(request, response)
      }),
  })
  // Here for the docs. Only another spelling of the path, such as /%65vents, comes this far.
  app.post('/events', { schema: POST_EVENTS, onRequest: refuseSpelling }, refuseSpelling)
  app.post('/events/batch', { schema: POST_BATCH, onRequest: refuseSpelling }, refuseSpelling)
  return app
}

/** What tells of one process alone, on a port of its own: health, numbers, what its problems mean. No events. */
export function createOperationsApp(parts: Omit<IngestAppParts, 'events'>): Promise<HttpApp> {
  return createHttpApp({
    ...parts,
    name: 'ingest',
    title: 'Sluice ingest, one process',
    docs: false,
    maxBodyBytes: 1_024,
    exposeTenants: () => parts.exposeTenants,
  })
}

async function refuseSpelling(): Promise<never> {
  throw new ProblemError('NOT_FOUND', 'No such path.')
}

const isPostOf = ({ method, url = '' }: IncomingMessage, path: string) =>
  method === 'POST' && (url === path || url.startsWith(`${path}?`))

const problems = (statuses: readonly number[]) => Object.fromEntries(statuses.map((status) => [status, ProblemBody]))

const POST_EVENTS = {
  summary: 'Send one event',
  description:
    '202 means that the event is durable in the log. Anything else: docs/http-api.md says who acts, and how.',
  headers: EventHeaders,
  body: {
    content: { 'application/json': { schema: EventBody }, [STRUCTURED]: { schema: CloudEventBody } },
  },
  response: {
    202: AcceptedBody,
    ...problems([400, 401, 408, 409, 413, 415, 422, 429, 431, 503]),
  },
}

const POST_BATCH = {
  summary: 'Send up to 1,000 events',
  description:
    'Each event is judged on its own. 202: all were accepted; the common status when all failed alike; else 207, and `results` says of each.',
  headers: BatchHeaders,
  body: {
    content: { 'application/json': { schema: EventsBody }, [BATCHED]: { schema: CloudEventsBody } },
  },
  response: {
    202: BatchResults,
    207: BatchResults,
    ...problems([400, 401, 408, 413, 415, 429, 431, 503]),
  },
}
