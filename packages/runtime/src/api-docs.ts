import { fastifySwagger } from '@fastify/swagger'
import { fastifySwaggerUi } from '@fastify/swagger-ui'
import { PROBLEM_MEDIA_TYPE } from '@sluice/contract/problems'
import { Type } from 'typebox'
import type { HttpApp } from './http-app.ts'

export interface ApiFacts {
  readonly title: string
  readonly description: string
  readonly version: string
}

// All files come from this server. Swagger UI writes style attributes, hence 'unsafe-inline' for styles only.
const DOCS_CSP =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"

const Problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String(),
  code: Type.String(),
  request_id: Type.String(),
  errors: Type.Optional(
    Type.Array(
      Type.Object({
        pointer: Type.Optional(Type.String()),
        parameter: Type.Optional(Type.String()),
        detail: Type.String(),
      }),
    ),
  ),
})

/** Serves `/openapi.json`, made from the schemas that validate, and `/docs`. To be awaited before the first route is added. */
export async function addApiDocs(app: HttpApp, { title, description, version }: ApiFacts): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: { openapi: '3.1.0', info: { title, description, version } },
    transform: ({ schema, url }) => ({
      url,
      schema: {
        ...schema,
        response: {
          ...(schema?.response as object | undefined),
          default: { description: 'A problem (RFC 9457)', content: { [PROBLEM_MEDIA_TYPE]: { schema: Problem } } },
        },
      },
    }),
  })
  await app.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    staticCSP: DOCS_CSP,
    // Null: the page would else ask a validator on the Internet about our document.
    uiConfig: { validatorUrl: null, url: '/openapi.json' },
  })
  app.get('/openapi.json', { schema: { hide: true } }, (_request, reply) =>
    reply.type('application/json').send(JSON.stringify(app.swagger())),
  )
}
