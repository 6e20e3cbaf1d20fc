// Opens the console on an Admin API in memory, for any state by hand: npm run dashboard:fake [-- --scenario stopped]
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { MEMORY } from '../server/memory.ts'
import { FAKE_SCENARIOS } from './fake-numbers.ts'
import { openFakeAdminApi } from './fake-server.ts'

const say = (line: string) => process.stderr.write(`${line}\n`)
const { values } = parseArgs({
  options: { scenario: { type: 'string', default: 'normal' }, port: { type: 'string', default: '3000' } },
})
const scenario = FAKE_SCENARIOS.find((name) => name === values.scenario)
if (scenario === undefined) {
  say(`--scenario must be one of ${FAKE_SCENARIOS.join(', ')}, got ${JSON.stringify(values.scenario)}`)
  process.exit(2)
}

await using fake = await openFakeAdminApi({ scenario })
const server = spawn(
  process.execPath,
  [...MEMORY.flags, path.join(import.meta.dirname, '../server/main.ts'), '--build'],
  {
    stdio: 'inherit',
    env: { ...process.env, ...MEMORY.env, ADMIN_URL: fake.url, ADMIN_TOKEN: '', DASHBOARD_PORT: values.port },
  },
)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => server.kill('SIGTERM'))
say(`the fake Admin API answers at ${fake.url}, the dashboard at http://127.0.0.1:${values.port}`)
say('tenants that fail on demand: error_503 slow_5s unknown_numbers stale huge hostile')
say(`another state of the platform: curl -X PUT ${fake.url}/scenario/NAME, one of ${FAKE_SCENARIOS.join(' ')}`)
await once(server, 'exit')
