// Runs the real supervisor on fixture parts. Without DATABASE_URL it starts the real embedded database.
import { fileURLToPath } from 'node:url'
import { deleteEmbeddedPostgres, openEmbeddedPostgres } from '@sluice/runtime/embedded-postgres'
import { ConfigError } from '@sluice/runtime/errors'
import { CommandError } from '../../exit-code.ts'
import type { PartSpec } from '../parts.ts'
import { runDev } from '../run-dev.ts'

const fixturePart = (name: string, portSetting: string, operationsPortSetting?: string): PartSpec => ({
  name,
  entry: fileURLToPath(new URL('fixture-part.ts', import.meta.url)),
  args: [portSetting, ...(operationsPortSetting === undefined ? [] : [operationsPortSetting])],
  portSetting,
  ...(operationsPortSetting === undefined ? {} : { operationsPortSetting }),
  defaultPort: 0,
  readyPath: '/readyz',
  needsAdminToken: name === 'admin',
  mayComeLate: false,
})

const log = { info: () => {}, warn: () => {} }
const [dataDir = '', ...flags] = process.argv.slice(2)

// A person who presses Ctrl-C in the very moment in which all is ready.
if (flags.includes('--stop-at-banner')) {
  const write = process.stdout.write.bind(process.stdout)
  process.stdout.write = ((text: string) => {
    if (text.includes('Ctrl-C stops all')) process.emit('SIGTERM', 'SIGTERM')
    return write(text)
  }) as typeof process.stdout.write
}

try {
  await runDev({
    projectDir: dataDir,
    dataDir,
    reset: flags.includes('--reset'),
    withDashboard: true,
    env: process.env,
    processEnv: process.env,
    parts: [
      fixturePart('ingest', 'INGEST_PORT', 'INGEST_OPERATIONS_PORT'),
      fixturePart('admin', 'ADMIN_PORT'),
      { ...fixturePart('absent', 'ABSENT_PORT'), entry: 'not/there/yet.ts' },
    ],
    terminal: process,
    database: {
      open: (dir, port) =>
        openEmbeddedPostgres({ dataDir: dir, ...(port === null ? {} : { port }), log, throwAway: true }),
      delete: (dir) => deleteEmbeddedPostgres({ dataDir: dir, log }),
    },
    migrate: async () => {},
  })
} catch (error) {
  if (!(error instanceof CommandError || error instanceof ConfigError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = error instanceof CommandError ? error.exitCode : 2
}
