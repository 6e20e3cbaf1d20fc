import { PROBLEM_MEDIA_TYPE, PROBLEMS } from '@sluice/contract/problems'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Health } from './health.ts'
import type { HttpApp } from './http-app.ts'
import type { Metrics } from './metrics.ts'
import { ProblemError } from './problem-error.ts'

export interface OperationsParts {
  readonly health: Health
  readonly metrics: Metrics
  /** Whether this request may see series with a tenant label. */
  readonly exposeTenants: (request: FastifyRequest) => boolean
}

const TAGS = ['operations']

/** The routes that every process has (http.md 5): health, numbers, and what its problems mean. */
export function addOperationsRoutes(app: HttpApp, { health, metrics, exposeTenants }: OperationsParts): void {
  app.get(
    '/healthz',
    { schema: { tags: TAGS, summary: 'Whether the event loop turns; asks nothing else' } },
    (_request, reply) =>
      health.isAlive() ? reply.send({ status: 'ok' }) : unavailable(reply).send({ status: 'unavailable' }),
  )

  const answerReadiness = (_request: FastifyRequest, reply: FastifyReply) => {
    const report = health.report()
    return (report.status === 'unavailable' ? unavailable(reply) : reply).send(report)
  }
  app.get(
    '/readyz',
    { schema: { tags: TAGS, summary: 'Whether this process can do its job, by component' } },
    answerReadiness,
  )
  app.get('/health', { schema: { tags: TAGS, summary: 'The same as /readyz' } }, answerReadiness)

  app.get('/metrics', { schema: { tags: TAGS, summary: 'Prometheus text format' } }, async (request, reply) => {
    const text = await metrics.text({ tenants: exposeTenants(request) })
    return reply.type(metrics.registry.contentType).send(text)
  })

  app.get(
    '/problems/:name',
    { schema: { tags: TAGS, summary: 'What a problem type means and who acts' } },
    (request, reply) => {
      const { name } = request.params as { name: string }
      const explanation = EXPLANATIONS.get(name)
      if (explanation === undefined) throw new ProblemError('NOT_FOUND', 'There is no problem type of this name.')
      return reply.send(explanation)
    },
  )
}

const unavailable = (reply: FastifyReply) => reply.code(503).header('Retry-After', '1')

/** Who acts, and how: the table of http.md 1. */
const WHAT_TO_DO: Readonly<Record<number, string>> = {
  401: 'The sender changes the key.',
  408: 'Nothing was taken in: the sender sends the same again.',
  409: 'The sender waits and sends the same again.',
  429: 'The sender waits as long as Retry-After says; the operator looks if one tenant is always there.',
  500: 'The operator looks into the log under the request id.',
  503: 'The outcome is unknown: the sender sends the same again with the same key, which is always safe; the operator looks at the health of the log and the store.',
}

const EXPLANATIONS: ReadonlyMap<string, object> = new Map(
  Object.entries(PROBLEMS).map(([code, { status, title, name }]) => [
    name,
    {
      type: `/problems/${name}`,
      code,
      status,
      title,
      media_type: PROBLEM_MEDIA_TYPE,
      what_to_do: WHAT_TO_DO[status] ?? 'The sender changes the request.',
    },
  ]),
)
