/** What may keep a suite from running here. */
export type NotRun = { file: string; reason: string }

export type Suites = { run: string[]; notRun: NotRun[] }

type Env = Readonly<Record<string, string | undefined>>

/** The settings that tell of the engines. The database is not among them: every suite has one of its own. */
const ENGINE_SETTINGS = ['KAFKA_BROKERS', 'REDIS_ADDR']
/** A suite that names an engine in its file's name needs that one alone, any other all of them. */
const SETTING_OF_NAME: readonly [RegExp, string][] = [
  [/(^|\/)kafka-[^/]*$/, 'KAFKA_BROKERS'],
  [/(^|\/)redis-[^/]*$/, 'REDIS_ADDR'],
]

/** What a suite in a real browser is kept from when there is none. */
const NO_BROWSER = 'no Chromium on this machine: apt-get install chromium'

/** Parts the suites that can run from those whose engines nobody has named, or whose browser is not there. Pure. */
export function partSuites(files: readonly string[], env: Env, hasBrowser = true): Suites {
  const suites: Suites = { run: [], notRun: [] }
  for (const file of [...files].sort()) {
    const missing = file.endsWith('.service-test.ts') ? missingSettings(file, env) : []
    if (file.startsWith('e2e/browser/') && !hasBrowser) suites.notRun.push({ file, reason: NO_BROWSER })
    else if (missing.length === 0) suites.run.push(file)
    else suites.notRun.push({ file, reason: `${missing.join(', ')} not set` })
  }
  const journeys = suites.run.some((file) => file.startsWith('e2e/') && !/^e2e\/(guards|browser)\//.test(file))
  const missing = missingSettings('', env)
  if (journeys && missing.length > 0)
    suites.notRun.push({ file: 'e2e on the full stack', reason: `${missing.join(', ')} not set` })
  return suites
}

function missingSettings(file: string, env: Env): string[] {
  const own = SETTING_OF_NAME.find(([pattern]) => pattern.test(file))
  return (own === undefined ? ENGINE_SETTINGS : [own[1]]).filter((name) => (env[name] ?? '') === '')
}
