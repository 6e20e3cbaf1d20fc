import type { HttpApp } from '../http-app.ts'

/** A route as it is written in the code: `/admin/dlq/:id`. */
export type ListedRoute = { method: string; pattern: string }

/** What anybody may ask of every server of ours that has docs. What else is open has to be written down by the test that finds it. */
export const OPEN_ROUTES: readonly string[] = [
  '/docs',
  '/docs/',
  '/docs/*',
  '/docs/json',
  '/docs/static/index.html',
  '/docs/static/swagger-initializer.js',
  '/docs/yaml',
  '/health',
  '/healthz',
  '/metrics',
  '/openapi.json',
  '/problems/:name',
  '/readyz',
]

const LINE = /^(?<indent>[│ ]*)[├└]── (?<part>\S+) \((?<methods>[A-Z, ]+)\)$/

/**
 * Every route that an app answers, those that its framework adds too, so that a test over all of them forgets none.
 * Read from Fastify's own tree, of which each line continues the one that it stands under.
 */
export async function listRoutes(app: HttpApp): Promise<ListedRoute[]> {
  await app.ready()
  const above: string[] = []
  return app
    .printRoutes({ commonPrefix: false })
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => {
      const { indent = '', part = '', methods = '' } = LINE.exec(line)?.groups ?? {}
      if (part === '') throw new Error(`this line of the route tree cannot be read: ${line}`)
      const depth = indent.length / 4
      const pattern = `${above[depth - 1] ?? ''}${part}`
      above.splice(depth, above.length, pattern)
      return methods.split(', ').map((method) => ({ method, pattern }))
    })
}
