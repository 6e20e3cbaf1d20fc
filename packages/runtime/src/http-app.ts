import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { checkObject, type JsonLimits } from '@sluice/contract/i-json'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { createAllowedMethods } from './allowed-methods.ts'
import { addApiDocs } from './api-docs.ts'
import { errorFields } from './error-fields.ts'
import type { Health } from './health.ts'
import { httpMetrics } from './http-metrics.ts'
import { createHardenedServer } from './http-server.ts'
import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'
import { addOperationsRoutes } from './operations-routes.ts'
import { ProblemError } from './problem-error.ts'
import { renderProblem } from './problem-response.ts'
import { resolveRequestId } from './request-id.ts'
import { toProblem } from './to-problem.ts'
import { compileValidator } from './typebox-validator.ts'
import type { Version } from './version.ts'

/** A Fastify instance whose route schemas are TypeBox. */
export type HttpApp = FastifyInstance<Server, IncomingMessage, ServerResponse, FastifyBaseLogger, TypeBoxTypeProvider>

export interface HttpAppOptions {
  /** The process: `ingest`, `processor`, `admin`. */
  readonly name: string
  readonly title: string
  readonly version: Version
  readonly log: Logger
  readonly health: Health
  readonly metrics: Metrics
  /** Serve `/openapi.json` and `/docs`. */
  readonly docs: boolean
  /** Bytes that a JSON body may have; beyond it 413. */
  readonly maxBodyBytes: number
  /**
   * Makes the server, by `createHardenedServer`; for a process that takes one hot route before Fastify sees the request:
   * `(toFastify) => createHardenedServer((request, response) => isHot(request) ? hot(request, response) : toFastify(request, response))`.
   */
  readonly serverFactory?: (toFastify: RequestListener) => Server
  /** Whether a request for `/metrics` may see series with a tenant label; nobody unless given. */
  readonly exposeTenants?: (request: FastifyRequest) => boolean
  /** One line per answered request, `request.answered`: for a process whose unit of work is a request. Not health and metrics. */
  readonly logRequests?: boolean
}

// An event of 32 levels inside an object of ours, in an array of them; a list of ids is no member.
const BODY_LIMITS: JsonLimits = { maxDepth: 40, maxMembers: 20_000 }

/**
 * An HTTP server as http.md 1 and 5 want it: request ids, `Cache-Control: no-store`, every error a problem, 405 with `Allow`, health,
 * metrics, problem types, and docs. JSON bodies are objects in I-JSON. Add routes, then hand it to `listen`. An error that a route
 * throws is answered by `toProblem`; what was not foreseen is logged here, once.
 */
export async function createHttpApp(options: HttpAppOptions): Promise<HttpApp> {
  const { log, maxBodyBytes, serverFactory = createHardenedServer } = options
  const answerError = (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const problem = toProblem(error, maxBodyBytes)
    logProblem(log, problem, request)
    sendProblem(reply, problem, request.id)
  }
  const app: HttpApp = Fastify({
    serverFactory: (toFastify) => serverFactory(toFastify),
    // The server answers what it cannot read itself.
    clientErrorHandler: () => {},
    frameworkErrors: (error, request, reply) => {
      reply.header('X-Request-Id', request.id).header('Cache-Control', 'no-store')
      answerError(error, request, reply)
    },
    genReqId: resolveRequestId,
    bodyLimit: maxBodyBytes,
    logger: false,
  }).withTypeProvider<TypeBoxTypeProvider>()

  app.setValidatorCompiler(compileValidator)
  // Schemas of answers type and document them; they do not drop members on the way out.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data))
  app.setErrorHandler(answerError)
  app.setNotFoundHandler((_request, reply) => reply.send(new ProblemError('NOT_FOUND', 'No such path.')))
  acceptJsonOnly(app)
  addConventions(app)
  addObservation(app, options)
  if (options.docs)
    await addApiDocs(app, {
      title: options.title,
      description: `The ${options.name} process of Sluice.`,
      version: options.version.version,
    })
  addOperationsRoutes(app, { ...options, exposeTenants: options.exposeTenants ?? (() => false) })
  return app
}

function sendProblem(reply: FastifyReply, { code, detail, facts }: ProblemError, requestId: string): void {
  const { status, headers, body } = renderProblem(code, {
    detail,
    requestId,
    errors: facts.errors,
    headers: facts.headers,
    extra: facts.extra,
  })
  // Bytes, as Fastify would put a charset, which JSON does not have, onto the media type of text.
  reply.code(status).headers(headers).send(Buffer.from(body))
}

/** A refusal is counted, not logged; a failure of ours has a line under the request's id. */
function logProblem(log: Logger, { code, facts }: ProblemError, request: FastifyRequest): void {
  if (facts.cause === undefined) return
  const fields = {
    request_id: request.id,
    method: request.method,
    route: routeOf(request),
    code,
    ...errorFields(facts.cause),
  }
  if (code === 'INTERNAL') log.error('request.failed', fields)
  else log.warn('request.failed', fields)
}

const routeOf = (request: FastifyRequest) => request.routeOptions?.url ?? 'none'

/** Fastify's own parser takes text/plain too, repairs broken UTF-8 in silence, and lets the last of two equal names win. */
function acceptJsonOnly(app: HttpApp): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body: Buffer, done) => {
    const problem = checkObject(body, BODY_LIMITS)
    if (problem === null) return done(null, JSON.parse(body.toString()))
    const errors = problem.pointer === null ? undefined : [{ pointer: problem.pointer, detail: problem.detail }]
    done(new ProblemError(problem.code, problem.detail, { errors, extra: { offset: problem.offset } }))
  })
}

/** What holds for every answer, known path or not. */
function addConventions(app: HttpApp): void {
  const allowed = createAllowedMethods()
  app.addHook('onRoute', ({ method, url }) => allowed.add(method, url))
  app.addHook('onRequest', async (request, reply) => {
    reply.header('X-Request-Id', request.id)
    if (request.is404) return answerUnrouted(request, reply, allowed.of(request.url.split('?', 1)[0] ?? ''))
    const encoding = request.headers['content-encoding']
    if (encoding !== undefined && encoding !== 'identity')
      throw new ProblemError('UNSUPPORTED_ENCODING', 'The body must be sent without a content coding.', {
        headers: { 'Accept-Encoding': 'identity' },
      })
    return undefined
  })
  app.addHook('onSend', async (_request, reply, payload) => {
    reply.header('Cache-Control', 'no-store')
    if (String(reply.getHeader('content-type')).startsWith('text/html'))
      reply.headers({ 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer' })
    return payload
  })
}

// Before the body is looked at: else an unknown path would answer 415 to a body of another type.
function answerUnrouted(request: FastifyRequest, reply: FastifyReply, allow: string | null): FastifyReply | undefined {
  if (allow === null) throw new ProblemError('NOT_FOUND', 'No such path.')
  if (request.method === 'OPTIONS') return reply.code(204).header('Allow', allow).send()
  throw new ProblemError('METHOD_NOT_ALLOWED', `This path answers ${allow}.`, { headers: { Allow: allow } })
}

/** Paths whose requests are nobody's work: probes and scrapes, several a second. */
const UNLOGGED: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/health', '/metrics'])

function addObservation(app: HttpApp, { log, metrics, logRequests = false }: HttpAppOptions): void {
  const counts = httpMetrics(metrics)
  app.addHook('onResponse', async (request, reply) => {
    const route = routeOf(request)
    counts.answered(route === 'none' ? 'any' : request.method, route, reply.statusCode, reply.elapsedTime / 1_000)
    if (logRequests && !UNLOGGED.has(route))
      log.info('request.answered', {
        request_id: request.id,
        method: request.method,
        route,
        status: reply.statusCode,
        duration_ms: Math.round(reply.elapsedTime * 1_000) / 1_000,
      })
  })
}
