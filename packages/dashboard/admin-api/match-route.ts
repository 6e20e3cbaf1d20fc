import { type Asked, ROUTES, type Route, type RouteName } from './routes.ts'

/** What the path segments stand for: ids are UUIDs, whatever they name. */
const SEGMENT = /^[0-9a-f-]{1,64}$/

export type RouteMatch = { name: RouteName; route: Route; parameters: Record<string, string> }

/**
 * The route that a request asks for, or null when it is none of ours: the table is the allow-list. Segments are decoded once; empty ones, dots, slashes
 * that were encoded and whatever does not decode are refused.
 * @param path as received, from `/admin` on, without the query
 */
export function matchRoute(method: string, path: string): RouteMatch | null {
  const segments = decodeSegments(path)
  if (segments === null) return null
  for (const [name, route] of Object.entries(ROUTES) as [RouteName, Route][]) {
    if (route.method !== method) continue
    const parameters = matchPattern(route.pattern, segments)
    if (parameters !== null) return { name, route, parameters }
  }
  return null
}

function decodeSegments(path: string): string[] | null {
  if (!path.startsWith('/')) return null
  const segments: string[] = []
  for (const raw of path.slice(1).split('/')) {
    const segment = decodeOnce(raw)
    if (segment === null || segment === '' || segment === '.' || segment === '..' || /[/\\%?#]/.test(segment))
      return null
    segments.push(segment)
  }
  return segments
}

function decodeOnce(raw: string): string | null {
  try {
    return decodeURIComponent(raw)
  } catch {
    // Half an escape: no segment of ours.
    return null
  }
}

/** Words come before placeholders, so `/admin/dlq/groups` is never taken for an id. */
function matchPattern(pattern: string, segments: readonly string[]): Record<string, string> | null {
  const parts = pattern.slice(1).split('/')
  if (parts.length !== segments.length) return null
  const parameters: Record<string, string> = {}
  for (const [index, part] of parts.entries()) {
    const segment = segments[index] ?? ''
    if (!part.startsWith('{')) {
      if (part !== segment) return null
    } else if (SEGMENT.test(segment)) parameters[part.slice(1, -1)] = segment
    else return null
  }
  return parameters
}

/** The query parameters of a route that a request carries; others are dropped. */
export function listedQuery(route: Route, query: URLSearchParams): Record<string, string> {
  const listed: Record<string, string> = {}
  for (const key of route.query) {
    const value = query.get(key)
    if (value !== null) listed[key] = value
  }
  return listed
}

export type AnyAsked = Asked[keyof Asked]
