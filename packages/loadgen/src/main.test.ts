import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { type SeenRequest, startFakeIngest, UNUSED_URL } from './testing/fake-ingest.ts'
import { startCommand, temporaryFolder } from './testing/run-command.ts'

const SCRIPT = new URL('./main.ts', import.meta.url)
const run = (t: TestContext, line: string, env?: Record<string, string>) =>
  startCommand(t, { script: SCRIPT, args: line.split(' '), ...(env === undefined ? {} : { env }) })

const keyOf = ({ apiKey, key }: SeenRequest) => `${apiKey} ${key}`

describe('loadgen', { concurrency: 2 }, () => {
  it('sends what was asked for and reports what came of it, with nothing but JSON on stdout', async (t) => {
    const ingest = await startFakeIngest(t)
    const { status, stdout, stderr } = await run(
      t,
      `--url ${ingest.url} --rps 200 --minutes 0.02 --duplicate-rate 0.2 --bad-rate 0.1 --seed 3 --json`,
    ).result
    assert.equal(status, 0, stderr)
    const report = JSON.parse(stdout)
    assert.equal(ingest.seen.length, 240)
    assert.equal(report.sent, 240)
    assert.equal(
      Object.values<number>(report.sent_by_class).reduce((sum, count) => sum + count),
      240,
    )
    assert.equal(report.outcomes.duplicate, report.sent_by_class['dup-same'])
    assert.ok(report.sent_by_class['dup-same'] > 20 && report.sent_by_class['bad-at-processor'] > 10)
    assert.equal(report.outcomes.accepted + report.outcomes.duplicate, 240)
    assert.equal(report.success_rate, 1)
    assert.deepEqual([report.dropped, report.unanswered, report.other_errors, report.seed], [0, 0, 0, 3])
    assert.ok(report.latency_ms.from_schedule.p99 >= report.latency_ms.from_sending.p50)
    assert.ok(report.achieved_rate > 0 && report.achieved_rate <= 200, `${report.achieved_rate}`)
    // The same key always came with the same bytes: the server saw as many keys as it accepted events.
    assert.equal(new Set(ingest.seen.map(keyOf)).size, report.outcomes.accepted)
    assert.equal(ingest.seen.filter(({ apiKey }) => apiKey === 'key_a').length, 120)
  })

  it('keeps every kind of answer apart', async (t) => {
    const kinds = [
      { status: 429, headers: { 'retry-after': '1' } },
      { status: 409, headers: { 'retry-after': '1' } },
      { status: 422 },
      { status: 400 },
      { status: 503 },
      { status: 200 },
      'reset' as const,
      null,
    ]
    const ingest = await startFakeIngest(t, { misbehave: ({ index }) => kinds[index % 8] ?? null })
    const { status, stdout } = await run(t, `--url ${ingest.url} --rps 200 --duration 400ms --json`).result
    assert.equal(status, 0)
    assert.deepEqual(JSON.parse(stdout).outcomes, {
      accepted: 10,
      duplicate: 0,
      rate_limited: 10,
      in_flight: 10,
      unprocessable: 10,
      unauthenticated: 0,
      other_4xx: 10,
      server_error: 10,
      unexpected: 10,
      timeout: 0,
      connection: 10,
    })
  })

  it('goes on sending while the server stalls, and charges the wait to the server', async (t) => {
    // Nothing is answered before the 40th has come: a closed loop would wait for ever after its first.
    const fortieth = Promise.withResolvers<void>()
    const ingest = await startFakeIngest(t, {
      until({ index }) {
        if (index === 39) fortieth.resolve()
        return fortieth.promise
      },
    })
    const { stdout } = await run(t, `--url ${ingest.url} --rps 50 --duration 1s --json`).result
    const report = JSON.parse(stdout)
    assert.equal(report.outcomes.accepted, 50)
    // The 40th is due 780 ms after the first.
    assert.ok(report.latency_ms.from_schedule.p50 > 50 && report.latency_ms.from_schedule.max >= 770)
  })

  it('drops and counts what the cap on requests under way does not let through', async (t) => {
    const ingest = await startFakeIngest(t, { delayMs: () => 3_000 })
    const { stdout } = await run(t, `--url ${ingest.url} --rps 500 --duration 100ms --max-in-flight 5 --json`).result
    const report = JSON.parse(stdout)
    assert.deepEqual([report.asked_events, report.sent, report.dropped], [50, 5, 45])
    assert.equal(ingest.seen.length, 5)
  })

  it('prints a table for people and sends the contents of a corpus', async (t) => {
    const ingest = await startFakeIngest(t)
    const corpus = join(temporaryFolder(t), 'corpus.ndjson')
    writeFileSync(corpus, '{"event_type":"real.thing","payload":{"id":12345678901234567890}}\n')
    const { status, stdout } = await run(t, `--url ${ingest.url} --rps 50 --duration 100ms --corpus ${corpus}`).result
    assert.equal(status, 0)
    assert.match(stdout, /^sent +5 of 5 \(5 good\)$/m)
    assert.match(ingest.seen[0]?.body ?? '', /"event_type":"real\.thing".*"payload":\{"id":12345678901234567890\}/)
  })

  it('writes the report to the file of -o and leaves stdout empty', async (t) => {
    const ingest = await startFakeIngest(t)
    const file = join(temporaryFolder(t), 'report.json')
    const { stdout } = await run(t, `--url ${ingest.url} --rps 50 --duration 100ms --json -o ${file}`).result
    assert.equal(stdout, '')
    assert.equal(JSON.parse(readFileSync(file, 'utf8')).sent, 5)
  })

  it('takes keys and port from the environment', async (t) => {
    const ingest = await startFakeIngest(t)
    const env = { API_KEYS: 'acme:k-1', INGEST_PORT: new URL(ingest.url).port }
    const { status } = await run(t, '--rps 50 --duration 100ms', env).result
    assert.equal(status, 0)
    assert.deepEqual([...new Set(ingest.seen.map(({ apiKey }) => apiKey))], ['k-1'])
  })

  it('prints the partial report and exits 130 on Ctrl-C', async (t) => {
    const ingest = await startFakeIngest(t)
    const { child, result } = run(t, `--url ${ingest.url} --rps 100 --minutes 10 --json`)
    await once(child.stderr, 'data') // it says that it sends, the signal handler being in place by then
    child.kill('SIGINT')
    const { status, stdout } = await result
    assert.equal(status, 130)
    const report = JSON.parse(stdout)
    assert.equal(report.interrupted, true)
    // What was under way at the end of the moment that is left to it may not have arrived.
    const answered = report.sent - report.unanswered
    assert.ok(answered <= ingest.seen.length && ingest.seen.length <= report.sent)
    assert.ok(report.elapsed_seconds < 30)
  })

  it('exits 3 when nothing listens, before it sends, and says what to do', async (t) => {
    const { status, stdout, stderr } = await run(t, `--url ${UNUSED_URL} --json`).result
    assert.equal(status, 3)
    assert.equal(stdout, '')
    assert.match(stderr, /cannot connect to .*ECONNREFUSED.*npm start/)
  })

  it('exits 3 when no connection lived long enough for an answer', async (t) => {
    const ingest = await startFakeIngest(t, { misbehave: () => 'reset' })
    assert.equal((await run(t, `--url ${ingest.url} --rps 50 --duration 100ms`).result).status, 3)
  })

  it('exits 4 when every API key is refused', async (t) => {
    const ingest = await startFakeIngest(t, { misbehave: () => ({ status: 401 }) })
    const { status, stdout } = await run(t, `--url ${ingest.url} --rps 50 --duration 100ms`).result
    assert.equal(status, 4)
    assert.match(stdout, /! API keys were refused/)
  })

  it('exits 2 on a flag that it does not know, with the nearest one', async (t) => {
    const { status, stdout, stderr } = await run(t, '--rsp 5').result
    assert.deepEqual([status, stdout], [2, ''])
    assert.match(stderr, /Did you mean --rps/)
  })

  it('exits 2 on a corpus or an output that cannot be opened', async (t) => {
    const ingest = await startFakeIngest(t)
    for (const flag of ['--corpus', '-o']) {
      const { status, stderr } = await run(t, `--url ${ingest.url} ${flag} /nowhere/at/all`).result
      assert.equal(status, 2)
      assert.match(stderr, /ENOENT/)
    }
  })

  it('writes down every try before it is sent, and what it was answered; sends again what was not settled', async (t) => {
    const ingest = await startFakeIngest(t, {
      misbehave: ({ index }) => (index < 3 ? { status: 503, headers: { 'retry-after': '1' } } : null),
    })
    const file = join(temporaryFolder(t), 'run.ndjson')
    const { status, stdout } = await run(
      t,
      `--url ${ingest.url} --rps 50 --duration 200ms --seed 1 --ledger ${file} --patience 1m --json`,
    ).result
    assert.equal(status, 0)
    assert.deepEqual(JSON.parse(stdout).sent_again, { server_error: 3 })
    const lines = readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.deepEqual([lines[0].kind, lines[0].fresh, lines.at(-1).kind], ['run', true, 'end'])
    const sends = lines.filter(({ kind }) => kind === 'send')
    assert.deepEqual([sends.length, ingest.seen.length], [13, 13])
    for (const { key, fp, body } of sends.filter(({ try: attempt }) => attempt === 1)) {
      assert.ok(ingest.seen.some((seen) => seen.key === key && seen.body === body))
      assert.equal(fp, createHash('sha256').update(body).digest('hex'))
    }
    const answers = lines.filter(({ kind, status }) => kind === 'answer' && status === 202)
    assert.equal(answers.length, 10)
    assert.ok(answers.every(({ duplicate, degraded, receipt_id }) => !duplicate && !degraded && receipt_id))
    const refused = lines.filter(({ kind, status }) => kind === 'answer' && status === 503)
    assert.ok(refused.length === 3 && refused.every(({ retry_after }) => retry_after === '1'))
    for (const { seq, try: attempt } of answers)
      assert.ok(
        lines.findIndex((line) => line.kind === 'send' && line.seq === seq && line.try === attempt) <
          lines.findIndex((line) => line.kind === 'answer' && line.seq === seq && line.try === attempt),
      )
  })

  it('sends the same bytes under the same keys when seed and run id are the same', async (t) => {
    const ingest = await startFakeIngest(t)
    const line = `--url ${ingest.url} --scenario dup-storm --rps 200 --duration 300ms --seed 9 --run-id twice`
    await run(t, line).result
    const first = new Set(ingest.seen.map(({ key, body }) => `${key} ${body}`))
    await run(t, line).result
    assert.equal(ingest.seen.length, 120)
    assert.deepEqual(new Set(ingest.seen.slice(60).map(({ key, body }) => `${key} ${body}`)), first)
  })

  it('exits 99 when a threshold was missed, and names it', async (t) => {
    const ingest = await startFakeIngest(t, { delayMs: () => 30 })
    const line = `--url ${ingest.url} --rps 50 --duration 200ms --threshold p50<20ms --threshold dropped<=0`
    const { status, stdout } = await run(t, line).result
    assert.equal(status, 99)
    assert.match(stdout, /! Threshold missed: p50<20ms/)
    assert.match(stdout, /✔ dropped<=0/)
  })

  it('exits 2 on a ledger that cannot be written, before it sends', async (t) => {
    const ingest = await startFakeIngest(t)
    const { status, stderr } = await run(t, `--url ${ingest.url} --ledger /nowhere/run.ndjson`).result
    assert.equal(status, 2)
    assert.match(stderr, /--ledger \/nowhere\/run\.ndjson: it cannot be written \(ENOENT\)/)
    assert.equal(ingest.seen.length, 0)
  })
})
