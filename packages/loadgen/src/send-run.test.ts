import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { parseArgs } from './args.ts'
import type { LedgerLine } from './ledger/ledger-line.ts'
import { type LedgerWriter, openLedger } from './ledger/ledger-writer.ts'
import { layDownRun } from './send-run.ts'
import { type Misbehaviour, startFakeIngest } from './testing/fake-ingest.ts'
import { temporaryFolder } from './testing/run-command.ts'
import { linesOf } from './verify/read-ledger.ts'

/** A run of ten minutes, which somebody has to end. */
async function layDown(t: TestContext, misbehave?: (request: { index: number }) => Misbehaviour) {
  const ingest = await startFakeIngest(t, misbehave === undefined ? {} : { misbehave })
  const argv = ['--url', ingest.url, '--rps', '50', '--duration', '10m', '--patience', '1m', '--max-in-flight', '20']
  const parsed = parseArgs(argv, { url: ingest.url, keys: null })
  assert.ok(parsed.type === 'run')
  return { run: layDownRun(parsed.options, null), seen: ingest.seen }
}

const never = new AbortController().signal

describe('a run that is sent', () => {
  it('ends with every event answered when it is closed, those that must be sent again included', async (t) => {
    const closing = new AbortController()
    const unavailable = { status: 503, headers: { 'retry-after': '1' } }
    const { run, seen } = await layDown(t, ({ index }) => {
      if (index === 9) closing.abort()
      return index < 10 ? unavailable : null
    })
    const facts = await run.send({ ledger: null, stopping: never, closing: closing.signal })
    const sent = facts.tally.sent.good
    assert.ok(sent >= 10, `${sent} sent`)
    assert.deepEqual([facts.interrupted, facts.tally.unanswered, facts.tally.outcomes.accepted], [false, 0, sent])
    assert.equal(seen.length, sent + 10)
  })

  it('ends at once when its ledger cannot be written, with the reason', async (t) => {
    const { run } = await layDown(t)
    const full = new Error('ENOSPC: no space left on device')
    const ledger: LedgerWriter = {
      sending(event) {
        if (event.seq >= 3) throw full
      },
      answered() {},
      ended() {},
      [Symbol.dispose]() {},
    }
    await assert.rejects(run.send({ ledger, stopping: never, closing: never }), full)
  })

  it('writes the same run into its ledger as it reports', async (t) => {
    const closing = new AbortController()
    const { run } = await layDown(t, ({ index }) => {
      if (index === 9) closing.abort()
      return null
    })
    const file = join(temporaryFolder(t), 'run.ndjson')
    const ledger = openLedger(file, run.runLine)
    const facts = await run.send({ ledger, stopping: never, closing: closing.signal })
    ledger[Symbol.dispose]()
    const lines = [...linesOf(file)].map(({ text }) => JSON.parse(text) as LedgerLine)
    const [first] = lines
    assert.ok(first?.kind === 'run')
    assert.deepEqual([first.run_id, first.seed], [facts.runId, facts.seed])
    assert.equal(lines.filter(({ kind }) => kind === 'answer').length, facts.tally.outcomes.accepted)
    assert.equal(lines.at(-1)?.kind, 'end')
  })
})
