import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { decodeEnvelope } from '@sluice/contract/envelope'
import { DLQ_TOPIC } from '@sluice/contract/topics'
import { openStack, STACKS } from '../open-stack.ts'
import type { Stack } from '../stack.ts'
import { openDatabase } from './deep/database.ts'
import { openTopicLog } from './deep/open-topic-log.ts'
import { expectLedger } from './expect-ledger.ts'
import { STEPS, type Step } from './fail-points/steps.ts'
import { IS_LONG } from './how-long.ts'

const ENTRY = fileURLToPath(new URL('./fail-points/processor-killed-after.ts', import.meta.url))

// Kafka gives what a killed member held to the next one only after the session time-out, 10 s for each step.
for (const kind of STACKS.filter((stack) => IS_LONG || stack === 'embedded'))
  test(`${kind}: R2: a processor killed after each step of a batch loses and doubles nothing`, {
    timeout: 900_000,
  }, async (t) => {
    const stack = await openStack(t, kind, { RATE_LIMIT_PER_MIN: '1000000' })
    let copies = 0
    const killAfterEach = async () => {
      // What it had in hand it finished: from here on nothing is repeated but what a kill left open.
      await stack.stopPart('processor')
      const before = await countCopies(stack)
      for (const step of STEPS) {
        await killAfter(t, stack, step)
        copies = (await countCopies(stack)) - before
        t.diagnostic(`killed after "${step}": ${copies} copies in ${DLQ_TOPIC}`)
        // Nobody appended twice yet: the second one is whoever comes after the one that died with its dead letters appended.
        if (step === 'read' || step === 'dead letters appended') assert.equal(copies, 0)
      }
      await stack.startPart('processor')
    }
    await expectLedger(t, stack, killAfterEach, { traffic: ['--bad-rate', '0.2'] })
    assert.ok(copies > 0, 'the dead letters of a batch that was not settled are appended again')
  })

/** Runs a processor of our own until it has killed itself after the step. */
async function killAfter(t: TestContext, stack: Stack, step: Step): Promise<void> {
  const { PATH } = process.env
  const env = { PATH, PROCESSOR_PORT: '0', ...stack.engineSettings, KILL_AFTER: step }
  const child = spawn(process.execPath, [ENTRY], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  t.after(() => child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4_000)
    })
  const [code, signal] = await once(child, 'exit', {
    signal: AbortSignal.any([t.signal, AbortSignal.timeout(120_000)]),
  })
  assert.equal(signal, 'SIGKILL', `it ended with ${code}:\n${output}`)
}

/** Records of the dead-letter topic beyond the first of each event. */
async function countCopies(stack: Stack): Promise<number> {
  await using life = new AsyncDisposableStack()
  const database = life.use(openDatabase(stack.engineSettings.DATABASE_URL ?? ''))
  const log = await openTopicLog(life, database, stack.engineSettings)
  const seen = new Set<string>()
  let records = 0
  for await (const page of log.records(DLQ_TOPIC))
    for (const { value } of page) {
      const reading = decodeEnvelope(value)
      assert.notEqual(reading.type, 'malformed')
      if (reading.type === 'malformed') continue
      const { tenantId, idempotencyKey, fingerprint } = reading.head
      records += 1
      seen.add(JSON.stringify([tenantId, idempotencyKey, fingerprint]))
    }
  return records - seen.size
}
