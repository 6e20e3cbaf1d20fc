import { once } from 'node:events'
import { createServer } from 'node:net'
import path from 'node:path'
import type { Finding } from '@sluice/runtime/finding'
import { listenHost } from '../dev/settings.ts'
import type { StackStatus } from '../dev/status.ts'
import { askEntryPoint } from '../entry-point.ts'
import { visibleText } from '../visible-text.ts'
import { type ConfigParts, environmentOf, readConfig } from './read-config.ts'

/** A header named `__proto__` crashes older ones. */
const OLDEST_NODE = [24, 14, 1] as const

export type DoctorParts = ConfigParts & {
  nodeVersion: string
  /** The stack that runs on the data folder; null when none does. */
  running: StackStatus | null
}

/** Looks at everything that a stack needs here, and changes nothing. */
export async function runDoctor(parts: DoctorParts): Promise<Finding[]> {
  const { running, settings } = parts
  const config = await readConfig(parts)
  const refused: Finding[] = [...config.problems].flatMap(([part, lines]) =>
    lines.map((line) => ({
      subject: `settings of ${part}`,
      state: 'fault' as const,
      detail: line.replace(`${part}: `, ''),
      remedy: 'mend it in the environment or in .env; `npx sluice config` shows what is in force',
    })),
  )
  const settled: Finding = {
    subject: 'settings',
    state: 'ok',
    detail: `${config.settings.length} are in force, ${config.settings.filter(({ origin }) => origin === 'environment' || origin === 'file').length} of them set`,
    remedy: null,
  }
  const isOurs = settings.databaseUrl === null
  const engines = isOurs && running === null ? [EMBEDDED_LATER] : await askEngines(parts, config.problems)
  return [
    inspectNode(parts.nodeVersion),
    ...(refused.length > 0 ? refused : [settled]),
    ...(await inspectPorts(parts)),
    ...engines,
  ]
}

const EMBEDDED_LATER: Finding = {
  subject: 'the database',
  state: 'ok',
  detail: 'DATABASE_URL is not set: `npx sluice dev` brings a database along; it does not run now',
  remedy: null,
}

function inspectNode(version: string): Finding {
  const numbers = version.split('.').map(Number)
  const decisive = OLDEST_NODE.findIndex((wanted, index) => numbers[index] !== wanted)
  const isNewEnough = decisive === -1 || (numbers[decisive] ?? 0) > (OLDEST_NODE[decisive] ?? 0)
  const found = { subject: 'Node', detail: version }
  return isNewEnough
    ? { ...found, state: 'ok', remedy: null }
    : { ...found, state: 'fault', remedy: `npm ci brings Node 24 along; at least ${OLDEST_NODE.join('.')} is needed` }
}

/** A port that a part of ours listens on is as good as a free one. */
async function inspectPorts({ specs, settings, running }: DoctorParts): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const spec of specs) {
    const port = settings.ports.get(spec.name) ?? spec.defaultPort
    const own = running?.processes.find(({ name }) => name === spec.name)
    if (own?.pid != null) {
      findings.push({ subject: `${spec.name}, port ${own.port}`, state: 'ok', detail: own.state, remedy: null })
      continue
    }
    const fault = await faultOfPort(listenHost(settings, spec), port)
    findings.push({
      subject: `${spec.name}, port ${port}`,
      state: fault === null ? 'ok' : 'fault',
      detail: fault ?? 'free',
      remedy: fault === null ? null : `stop what listens there, or set ${spec.portSetting} to another port`,
    })
  }
  return findings
}

async function faultOfPort(host: string, port: number): Promise<string | null> {
  const server = createServer()
  try {
    await once(server.listen({ host, port, exclusive: true }), 'listening')
    return null
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'EADDRINUSE' ? 'in use by another program' : `cannot be listened on (${code})`
  } finally {
    server.close()
  }
}

/** Each entry point looks at the engines that it uses; what two of them find alike is told once, whatever either measured. */
async function askEngines(parts: DoctorParts, problems: ReadonlyMap<string, unknown>): Promise<Finding[]> {
  const env = environmentOf(parts)
  const asked = parts.specs.filter(({ name, inspects }) => inspects && !problems.has(name))
  const answers = await Promise.all(
    asked.map(async ({ name, entry }) => {
      const answer = await askEntryPoint(path.resolve(parts.projectDir, entry), '--check', env, parts.projectDir)
      return answer.exitCode === 0 ? (JSON.parse(answer.stdout) as Finding[]) : [silentEntry(name, answer.stderr)]
    }),
  )
  const known = new Set<string>()
  return answers.flat().filter(({ subject, state, remedy }) => {
    const text = JSON.stringify([subject, state, remedy])
    return known.has(text) ? false : known.add(text)
  })
}

const silentEntry = (name: string, stderr: string): Finding => ({
  subject: `engines of ${name}`,
  state: 'fault',
  detail: `it could not look at them: ${stderr.trim().split('\n').at(-1) ?? ''}`,
  remedy: `node packages/${name}/src/main.ts --check shows all of it`,
})

const MARK = { ok: 'ok     ', warning: 'warning', fault: 'FAULT  ' } as const satisfies Record<Finding['state'], string>

export function doctorReport(findings: readonly Finding[]): string {
  const lines = findings.map(({ subject, state, detail, remedy }) => {
    const line = `${MARK[state]}  ${visibleText(subject)}: ${visibleText(detail)}`
    return remedy === null ? line : `${line}\n         -> ${visibleText(remedy)}`
  })
  const faults = findings.filter(({ state }) => state === 'fault').length
  const warnings = findings.filter(({ state }) => state === 'warning').length
  const end = faults > 0 ? `${faults} to mend` : warnings > 0 ? 'works, with warnings' : 'all in place'
  return `${lines.join('\n')}\n\n${end}\n`
}
