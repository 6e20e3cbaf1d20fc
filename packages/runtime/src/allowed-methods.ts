/** Knows which methods each path answers, for 405 and OPTIONS. */
export interface AllowedMethods {
  add(methods: string | readonly string[], pattern: string): void
  /** The value of `Allow` for a path without query; null when no route has it. */
  of(path: string): string | null
}

/** @see AllowedMethods Patterns as Fastify writes them: `:name` for one segment, `*` for the rest. Asked only when routing found nothing. */
export function createAllowedMethods(): AllowedMethods {
  const routes = new Map<string, { matches: RegExp; methods: Set<string> }>()
  return {
    add(methods, pattern) {
      const route = routes.get(pattern) ?? { matches: toRegExp(pattern), methods: new Set(['OPTIONS']) }
      for (const method of [methods].flat()) route.methods.add(method)
      routes.set(pattern, route)
    },
    of(path) {
      const found = [...routes.values()].filter(({ matches }) => matches.test(path))
      if (found.length === 0) return null
      return [...new Set(found.flatMap(({ methods }) => [...methods]))].sort().join(', ')
    },
  }
}

function toRegExp(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/:[A-Za-z_]\w*/g, '[^/]+')
    .replace(/\*/g, '.*')
  return new RegExp(`^${source}$`)
}
