import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type EventLog, LogUnavailableError } from '@sluice/event-log'
import type { Gate } from '@sluice/gate'
import { eventually } from '@sluice/runtime/testing/eventually'
import { EVENT, openIngest, type Received, type Sending } from './testing/open-ingest.ts'

const KIB = 1_024

/** A log that takes nothing until it is opened. */
function stalledLog() {
  const open = Promise.withResolvers<void>()
  let appends = 0
  return {
    open: open.resolve,
    appends: () => appends,
    append: (inner: EventLog): EventLog['append'] =>
      async function append(topic, records) {
        appends += 1
        await open.promise
        return inner.append(topic, records)
      },
  }
}

function countedGate() {
  let asked = 0
  const admit =
    (inner: Gate): Gate['admit'] =>
    (requests) => {
      asked += requests.length
      return inner.admit(requests)
    }
  return { admit, asked: () => asked }
}

const keyed = (key: string, apiKey = 'key_a'): Sending => ({ headers: { 'idempotency-key': key, 'x-api-key': apiKey } })
const count = (answers: readonly Received[], matches: (answer: Received) => boolean) => answers.filter(matches).length
const of =
  (status: number, code?: string) =>
  ({ status: answered, json }: Received) =>
    answered === status && json.code === code

function assertSafeToRepeat(answers: readonly Received[]): void {
  for (const { status, headers, json } of answers) {
    if (status === 202) continue
    assert.equal(status, 503)
    assert.ok(['OVERLOADED', 'LOG_UNAVAILABLE'].includes(String(json.code)))
    assert.ok(Number(headers['retry-after']) >= 1)
  }
}

test('B6: 100 events of 256 KiB at once: as many bytes as the cap, the rest OVERLOADED before the gate', async (t) => {
  const log = stalledLog()
  const gate = countedGate()
  const capBytes = 2_048 * KIB
  const ingest = await openIngest(t, {
    ratePerMin: 1e9,
    capBytes,
    maxEventBytes: 256 * KIB,
    append: log.append,
    admit: gate.admit,
  })
  const body = `${EVENT.slice(0, -1)},"x":"${'x'.repeat(256 * KIB - EVENT.length - 7)}"}`
  assert.equal(Buffer.byteLength(body), 256 * KIB)
  let mostBytes = 0
  let refused = 0
  const sending = Array.from({ length: 100 }, async (_, nth) => {
    const answer = await ingest.send({ ...keyed(`k${nth}`), body })
    mostBytes = Math.max(mostBytes, ingest.inFlight.used())
    if (answer.json.code === 'OVERLOADED') refused += 1
    return answer
  })
  await eventually(() => log.appends() > 0 && refused > 0)
  assert.ok(ingest.inFlight.used() <= capBytes)
  log.open()
  const answers = await Promise.all(sending)
  assertSafeToRepeat(answers)
  const overloaded = count(answers, of(503, 'OVERLOADED'))
  const accepted = count(answers, of(202))
  assert.ok(overloaded > 0 && accepted > 0, `${accepted} accepted, ${overloaded} refused for their size`)
  assert.ok(mostBytes <= capBytes, `${mostBytes} bytes in hand`)
  assert.ok(gate.asked() <= 100 - overloaded, 'what did not fit never reached the gate')
  assert.equal((await ingest.records()).length, accepted)
  await eventually(() => ingest.inFlight.used() === 0)
})

test('B2: far more than the log takes: each request has one answer, and all is as before once it takes again', async (t) => {
  const log = stalledLog()
  const gate = countedGate()
  const ingest = await openIngest(t, {
    ratePerMin: 1e9,
    capBytes: 1_024 * KIB,
    // Longer than a busy machine takes for 300 requests at once: only a log that takes nothing lets it pass.
    maxWaitMs: 3_000,
    append: log.append,
    admit: gate.admit,
  })
  // One after the other, as they would travel together: four batches are under way and wait.
  const first: Promise<Received>[] = []
  for (let taken = 0; taken < 4; taken += 1) {
    first.push(ingest.send(keyed(`k${taken}`)))
    await eventually(() => log.appends() === taken + 1)
  }
  // What is behind them is answered though nothing moves.
  let answered = 0
  for (let nth = first.length; nth < 300; nth += 1) {
    const answer = ingest.send(keyed(`k${nth}`))
    first.push(answer)
    void answer.then(() => (answered += 1))
  }
  await eventually(() => answered > 0)
  log.open()
  const answers = await Promise.all(first)
  assertSafeToRepeat(answers)
  const accepted = count(answers, of(202))
  assert.equal(accepted + count(answers, of(503, 'LOG_UNAVAILABLE')), 300)
  assert.equal((await ingest.records()).length, accepted)
  assert.equal(gate.asked(), accepted, 'what waited in vain took nothing from the limit')

  const again = await Promise.all(Array.from({ length: 300 }, (_, nth) => ingest.send(keyed(`k${nth}`))))
  assert.equal(count(again, of(202)), 300)
  assert.equal(
    count(again, ({ json }) => json.duplicate === true),
    accepted,
  )
  assert.equal((await ingest.records()).length, 300)
})

test('B3: a tenant at 20 times its limit takes nothing from another', async (t) => {
  const limit = 50
  const ingest = await openIngest(t, { ratePerMin: limit })
  const loud = Array.from({ length: 20 * limit }, (_, nth) => ingest.send(keyed(`k${nth}`, 'key_a')))
  const normal = Array.from({ length: limit }, (_, nth) => ingest.send(keyed(`k${nth}`, 'key_b')))
  const [fromLoud, fromNormal] = [await Promise.all(loud), await Promise.all(normal)]
  assert.equal(count(fromNormal, of(202)), limit)
  assert.deepEqual(
    [count(fromLoud, of(202)), count(fromLoud, of(429, 'RATE_LIMITED'))],
    [limit, 19 * limit],
    'exactly the limit was let through',
  )
  assert.equal((await ingest.records()).length, 2 * limit)
})

test('the breaker opens after 5 micro-batches without one done, and then neither gate nor log is asked', async (t) => {
  const gate = countedGate()
  const back = Promise.withResolvers<void>()
  let appends = 0
  let isAway = true
  const ingest = await openIngest(t, {
    admit: gate.admit,
    probe: () => back.promise,
    append: (inner) => async (topic, records) => {
      appends += 1
      const error = new LogUnavailableError('away')
      return isAway ? records.map(() => ({ type: 'unknown', error })) : inner.append(topic, records)
    },
  })
  for (let nth = 0; nth < 20; nth += 1) assert.ok(of(503, 'LOG_UNAVAILABLE')(await ingest.send(keyed(`k${nth}`))))
  assert.deepEqual([appends, gate.asked()], [5, 5])
  isAway = false
  back.resolve()
  await eventually(async () => (await ingest.send(keyed('k0'))).status === 202)
  assert.equal(appends, 6)
})
