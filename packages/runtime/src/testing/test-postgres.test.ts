import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import pg from 'pg'
import { eventually } from './eventually.ts'

const MODULE = new URL('test-postgres.ts', import.meta.url).href

for (const [ending, end] of [
  ['was killed', 'setInterval(() => {}, 1000)'],
  ['came to its end', ''],
] as const) {
  test(`leaves no server and no data behind when the process that asked for it ${ending}`, async () => {
    const script = `import { openTestPostgres } from '${MODULE}'; console.log((await openTestPostgres()).url); ${end}`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exited = once(child, 'exit')
    const url = String((await once(child.stdout, 'data'))[0]).trim()
    const folder = end === '' ? null : await dataFolderOf(url)
    if (end !== '') child.kill('SIGKILL')
    await exited
    await eventually(async () => (await failureOf(url)) === 'ECONNREFUSED')
    if (folder !== null) await eventually(() => !existsSync(folder))
  })
}

async function dataFolderOf(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  const { rows } = await client.query<{ folder: string }>("SELECT current_setting('data_directory') AS folder")
  await client.end()
  assert.ok(rows[0])
  return rows[0].folder
}

async function failureOf(url: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  try {
    await client.connect()
    return null
  } catch (error) {
    return (error as NodeJS.ErrnoException).code
  } finally {
    await client.end().catch(() => {})
  }
}
