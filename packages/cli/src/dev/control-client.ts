import { request } from 'node:http'
import { CommandError, EXIT_CODE } from '../exit-code.ts'
import type { StackStatus } from './status.ts'
import { readSupervisorRecord, type SupervisorRecord } from './supervisor-lock.ts'

/** A part may take 15 s to leave and a database 60 s to recover; what takes longer is stuck. A status asks each part for a second at most. */
const CHANGE_LIMIT_MS = 90_000
const STATUS_LIMIT_MS = 5_000

/** The status of the stack on this data folder; null when none runs there. */
export async function askStatus(dataDir: string): Promise<StackStatus | null> {
  const record = readSupervisorRecord(dataDir)
  const answer = record === null ? null : await ask(record, 'GET', '/status')
  return answer === null ? null : answer.status
}

/**
 * Stops or starts one part and waits until that is done.
 * @throws {CommandError} when nothing runs there, or there is no such part
 */
export async function askPart(dataDir: string, action: 'stop' | 'start', name: string): Promise<StackStatus> {
  const record = readSupervisorRecord(dataDir)
  const path = `/parts/${encodeURIComponent(name)}/${action}`
  const answer = record === null ? null : await ask(record, 'POST', path)
  if (answer === null)
    throw new CommandError(
      `nothing runs on ${dataDir}: start it with \`npx sluice dev\`, or name its folder with --data DIR`,
      EXIT_CODE.cannotConnect,
    )
  if (answer.isNotFound) {
    const names = answer.status.processes.map((part) => part.name).join(', ')
    throw new CommandError(`there is no part ${JSON.stringify(name)}: it is one of ${names}`, EXIT_CODE.notFound)
  }
  return answer.status
}

type Answer = { isNotFound: boolean; status: StackStatus }

/** Null when nobody listens there any more, or somebody else does. */
function ask({ control }: SupervisorRecord, method: 'GET' | 'POST', path: string): Promise<Answer | null> {
  return new Promise((resolve, reject) => {
    const asking = request(
      {
        host: '127.0.0.1',
        port: control.port,
        method,
        path,
        agent: false,
        headers: { authorization: `Bearer ${control.token}` },
        signal: AbortSignal.timeout(method === 'GET' ? STATUS_LIMIT_MS : CHANGE_LIMIT_MS),
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', () => resolve(null))
        response.on('end', () => resolve(readAnswer(response.statusCode ?? 0, Buffer.concat(chunks).toString())))
      },
    )
    asking.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ABORT_ERR') return resolve(null)
      reject(new CommandError('the supervisor does not answer: is it stopped or overloaded?', EXIT_CODE.cannotConnect))
    })
    asking.end()
  })
}

function readAnswer(statusCode: number, body: string): Answer | null {
  if (statusCode !== 200 && statusCode !== 404) return null
  try {
    const status = JSON.parse(body) as StackStatus
    return Array.isArray(status.processes) ? { isNotFound: statusCode === 404, status } : null
  } catch {
    // Not JSON: another program has the port now.
    return null
  }
}
