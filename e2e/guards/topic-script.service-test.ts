import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { openKafka } from '@sluice/infra/engines/kafka-cluster'
import { findKafka } from '@sluice/infra/engines/kafka-files'
import { KAFKA_TOOLS, runKafkaTool } from '@sluice/infra/engines/kafka-tool'
import type { Finding } from '@sluice/runtime/finding'
import { eventually } from '@sluice/runtime/testing/eventually'

const SCRIPT = fileURLToPath(new URL('../../infra/kafka-init/create-topics.sh', import.meta.url))
const INGEST = fileURLToPath(new URL('../../packages/ingest/src/main.ts', import.meta.url))
/** Nobody listens there: the gate is not what is looked at. */
const NO_DATABASE = 'postgres://nobody@127.0.0.1:1/none'
const execFileAsync = promisify(execFile)

test('the topic script makes on a real broker what the platform asks for, and mends it when it runs again', {
  timeout: 900_000,
}, async (t) => {
  const kafka = await openKafka()
  t.after(() => kafka[Symbol.asyncDispose]())
  const run = async (settings: Record<string, string> = {}) => {
    const env = { ...process.env, BOOTSTRAP_SERVERS: kafka.bootstrap, KAFKA_BIN: await kafkaBin(t), ...settings }
    return (await execFileAsync('/bin/sh', [SCRIPT], { env })).stdout
  }
  const said = await run()
  assert.match(said, /Topic: events\.raw\t.*PartitionCount: 6\t/)
  assert.match(said, /Topic: events\.dlq\t.*PartitionCount: 3\t/)
  for (const line of said.split('\n').filter((text) => /^Topic: /.test(text))) {
    assert.match(line, /message\.timestamp\.type=LogAppendTime/)
    assert.match(line, /retention\.ms=604800000/)
  }
  await eventually(() => isAccepted(kafka.bootstrap))

  const change = ['--alter', '--entity-type', 'topics', '--entity-name', 'events.dlq']
  const address = ['--bootstrap-server', kafka.bootstrap]
  await runKafkaTool('configs', [...address, ...change, '--add-config', 'max.message.bytes=1000'])
  assert.match(await run({ RETENTION_MS: '86400000' }), /Topic: events\.dlq\t.*retention\.ms=86400000/)
  await eventually(() => isAccepted(kafka.bootstrap))
})

/**
 * What ingest itself finds of its log: nothing to mend, once the broker has heard of every setting. That a single broker keeps a single copy
 * is a warning.
 */
async function isAccepted(brokers: string): Promise<true> {
  const env = { PATH: process.env.PATH, KAFKA_BROKERS: brokers, DATABASE_URL: NO_DATABASE, API_KEYS: 'a:key' }
  const { stdout } = await execFileAsync(process.execPath, [INGEST, '--check'], { env })
  const findings = (JSON.parse(stdout) as Finding[]).filter(({ subject }) => /kafka|topic/i.test(subject))
  assert.ok(findings.filter(({ subject }) => /topic/.test(subject)).length >= 2, stdout)
  assert.deepEqual(
    findings.filter(({ state }) => state === 'fault'),
    [],
  )
  return true
}

/** A folder with the two tools that the script calls, as Kafka's own distribution has it. */
async function kafkaBin(t: TestContext): Promise<string> {
  const { java, classPath } = await findKafka()
  const folder = mkdtempSync(join(tmpdir(), 'sluice-kafka-bin-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  for (const tool of ['topics', 'configs'] as const)
    writeFileSync(
      join(folder, `kafka-${tool}.sh`),
      `#!/bin/sh\nexec '${java}' -Xmx128m -XX:TieredStopAtLevel=1 -cp '${classPath}' ${KAFKA_TOOLS[tool]} "$@"\n`,
      { mode: 0o755 },
    )
  return folder
}
