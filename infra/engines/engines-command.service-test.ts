import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { eventually } from '@sluice/runtime/testing/eventually'
import { answersApiVersions } from './kafka-ready.ts'
import { answersSelect } from './postgres-server.ts'
import { answersPing } from './redis-server.ts'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))

test('start prints what to export, status the same, and stop leaves nothing that answers', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-engines-'))
  const engines = async (verb: string) =>
    (await promisify(execFile)(process.execPath, [MAIN, verb, '--state', join(folder, 'engines.json')])).stdout
  t.after(async () => {
    await engines('stop')
    rmSync(folder, { recursive: true })
  })
  const printed = await engines('start')
  const settings = new Map(
    [...printed.matchAll(/^export (\w+)='(.*)'$/gm)].map(([, name = '', value = '']) => [name, value]),
  )
  assert.deepEqual([...settings.keys()].sort(), ['DATABASE_URL', 'KAFKA_BROKERS', 'REDIS_ADDR'])
  const portOf = (name: string) => Number(settings.get(name)?.split(':')[1])
  const answers = async () => [
    await answersApiVersions(portOf('KAFKA_BROKERS')),
    await answersPing(portOf('REDIS_ADDR')),
    await answersSelect(settings.get('DATABASE_URL') ?? ''),
  ]
  // Each question has a second or less, which is too little for a busy machine now and then.
  await eventually(async () => (await answers()).every(Boolean), { message: 'all three answering' })
  assert.equal(await engines('status'), printed)
  assert.equal(await engines('start'), printed, 'a second start makes no second set')
  await engines('stop')
  assert.deepEqual(await answers(), [false, false, false])
  await assert.rejects(engines('status'), ({ code }: { code: number }) => code === 1)
})

test('start ends with what an engine said that cannot start', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-engines-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'redis-server'), '#!/bin/sh\necho no memory for me; exit 1\n', { mode: 0o755 })
  const env = { ...process.env, PATH: [folder, process.env.PATH].join(delimiter) }
  const started = promisify(execFile)(process.execPath, [MAIN, 'start', '--state', join(folder, 'engines.json')], {
    env,
  })
  await assert.rejects(started, ({ code, stderr }: { code: number; stderr: string }) => {
    assert.match(stderr, /redis ended at once:\nno memory for me/)
    return code === 1
  })
})
