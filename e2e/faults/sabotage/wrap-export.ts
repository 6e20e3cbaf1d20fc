import { registerHooks } from 'node:module'

const MARK = '?wrapped'
/** The way from a module's text, which is all that a hook may give, to a function of this process. */
const WRAPPERS = Symbol.for('sluice.sabotage.wrappers')
type Wrap = (real: unknown) => unknown
const wrappers: Record<string, Wrap> = {}
Reflect.set(globalThis, WRAPPERS, wrappers)

/**
 * From now on whoever imports `name` from a module gets what `wrap` makes of it. So a real entry point runs with one port
 * behind a bad decorator, and production code needs no switch for that.
 * @param specifier as an entry point spells it: `@sluice/gate/open`
 */
export function wrapExport<T>(specifier: string, name: string, wrap: (real: T) => T): void {
  const target = import.meta.resolve(specifier)
  const key = `${target} ${name}`
  wrappers[key] = wrap as Wrap
  const wrapped = `export * from ${JSON.stringify(target)}
import { ${name} as real } from ${JSON.stringify(target)}
export const ${name} = globalThis[Symbol.for('sluice.sabotage.wrappers')][${JSON.stringify(key)}](real)`

  registerHooks({
    resolve(asked, context, next) {
      const found = next(asked, context)
      // What stands in front of the module imports the module itself.
      return found.url === target && !context.parentURL?.endsWith(MARK) ? { ...found, url: `${target}${MARK}` } : found
    },
    load: (url, context, next) =>
      url === `${target}${MARK}` ? { format: 'module', source: wrapped, shortCircuit: true } : next(url, context),
  })
}
