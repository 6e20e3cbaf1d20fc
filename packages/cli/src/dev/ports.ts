import { once } from 'node:events'
import { createServer } from 'node:net'
import { findFreePort } from '@sluice/runtime/free-port'
import { CommandError, EXIT_CODE } from '../exit-code.ts'

export type WantedPort = { name: string; setting: string; host: string; port: number }

/**
 * The ports that the parts will listen on, by part: as wanted, or for 0 a free one that nobody takes meanwhile. A part that dies and comes
 * back keeps its port.
 * @throws {CommandError} naming every port that is in use
 */
export async function choosePorts(wanted: readonly WantedPort[]): Promise<Map<string, number>> {
  const ports = new Map<string, number>()
  const problems: string[] = []
  // All are held until the last one was tried, so that no two zeros become the same port.
  await using held = new AsyncDisposableStack()
  for (const { name, setting, host, port } of wanted) {
    const server = createServer()
    try {
      await once(
        server.listen({ port: port === 0 ? await findFreePort(host) : port, host, exclusive: true }),
        'listening',
      )
    } catch (error) {
      problems.push(problemOf(error as NodeJS.ErrnoException, { name, setting, host, port }))
      continue
    }
    held.use(server)
    const address = server.address()
    ports.set(name, typeof address === 'object' && address !== null ? address.port : port)
  }
  if (problems.length > 0) throw new CommandError(problems.join('\n'), EXIT_CODE.failed)
  return ports
}

function problemOf(error: NodeJS.ErrnoException, { name, setting, host, port }: WantedPort): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `port ${port} of ${name} is in use: stop what listens there, or set ${setting} to another port`
    case 'EACCES':
      return `port ${port} of ${name} needs more rights: set ${setting} to a port above 1023`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${name} cannot listen on ${host}: set HOST to an address of this machine`
    default:
      return `${name} cannot listen on ${host} port ${port}: ${error.message}`
  }
}
