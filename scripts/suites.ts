/** What may keep a suite from running here. */
export type NotRun = { file: string; reason: string }

export type Suites = { run: string[]; notRun: NotRun[] }

type Env = Readonly<Record<string, string | undefined>>

/** The settings that tell of the engines. The database is not among them: every suite has one of its own. */
const ENGINE_SETTINGS = ['KAFKA_BROKERS', 'REDIS_ADDR']
/** A suite that names an engine in its file's name, or lies in that engine's folder, needs that one alone, any other all of them. */
const SETTING_OF_NAME: readonly [RegExp, string][] = [
  [/(^|\/)kafka(-[^/]*|\/[^/]*)$/, 'KAFKA_BROKERS'],
  [/(^|\/)redis(-[^/]*|\/[^/]*)$/, 'REDIS_ADDR'],
]

/** What a suite in a real browser is kept from when there is none. */
const NO_BROWSER = 'no Chromium on this machine: apt-get install chromium'

/** A suite `NAME.tool-test.ts` needs the program NAME. */
const programOf = (file: string): string | undefined => /([^/]+)\.tool-test\.ts$/.exec(file)?.[1]

type Machine = {
  hasBrowser: boolean
  /** Whether a program is on the PATH. */
  hasProgram: (name: string) => boolean
}

const WHOLE_MACHINE: Machine = { hasBrowser: true, hasProgram: () => true }

/** Parts the suites that can run from those whose engines nobody has named, or whose browser is not there. Pure. */
export function partSuites(files: readonly string[], env: Env, machine: Machine = WHOLE_MACHINE): Suites {
  const suites: Suites = { run: [], notRun: [] }
  for (const file of [...files].sort()) {
    const reason = reasonNotToRun(file, env, machine)
    if (reason === null) suites.run.push(file)
    else suites.notRun.push({ file, reason })
  }
  const journeys = suites.run.some((file) => file.startsWith('e2e/') && !/^e2e\/(guards|browser)\//.test(file))
  const missing = missingSettings('', env)
  if (journeys && missing.length > 0)
    suites.notRun.push({ file: 'e2e on the full stack', reason: `${missing.join(', ')} not set` })
  return suites
}

function reasonNotToRun(file: string, env: Env, { hasBrowser, hasProgram }: Machine): string | null {
  if (file.startsWith('e2e/browser/') && !hasBrowser) return NO_BROWSER
  const program = programOf(file)
  if (program !== undefined && !hasProgram(program))
    return `no ${program} on this machine: apt-get install --no-install-recommends ${program}`
  const missing = file.endsWith('.service-test.ts') ? missingSettings(file, env) : []
  return missing.length === 0 ? null : `${missing.join(', ')} not set`
}

function missingSettings(file: string, env: Env): string[] {
  const own = SETTING_OF_NAME.find(([pattern]) => pattern.test(file))
  return (own === undefined ? ENGINE_SETTINGS : [own[1]]).filter((name) => (env[name] ?? '') === '')
}
