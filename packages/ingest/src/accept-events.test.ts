import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { decodeEnvelope } from '@sluice/contract/envelope'
import { fingerprintOf } from '@sluice/contract/fingerprint'
import { RAW_TOPIC, TOPIC_PARTITIONS } from '@sluice/contract/topics'
import { type AppendOutcome, type EventLog, LogUnavailableError, RecordTooLargeError } from '@sluice/event-log'
import { createMemoryEventLog } from '@sluice/event-log/memory'
import type { Gate } from '@sluice/gate'
import { createMemoryGate } from '@sluice/gate/memory'
import { systemClock } from '@sluice/runtime/clock'
import { type ArrivedEvent, createAcceptEvents } from './accept-events.ts'

function anEvent(change: Partial<ArrivedEvent> & { text?: string } = {}): ArrivedEvent {
  const { text = '{"n":1.10}', ...given } = change
  const body = Buffer.from(text)
  return {
    tenantId: 'tenant_a',
    idempotencyKey: 'k1',
    partitionKey: null,
    body,
    fingerprint: fingerprintOf(body),
    requestId: 'r1',
    traceparent: null,
    limitPerMin: 1_000,
    ...given,
  }
}

const openParts = () => ({
  gate: createMemoryGate({ clock: systemClock, windowMs: 60_000 }),
  eventLog: createMemoryEventLog({ topics: { ...TOPIC_PARTITIONS } }),
})

/** The use case on real memory adapters; `append` may be put in front of the log's. */
function open(parts = openParts(), append?: EventLog['append']) {
  const eventLog = append === undefined ? parts.eventLog : { append }
  return {
    ...parts,
    accept: createAcceptEvents({ gate: parts.gate, eventLog, clock: systemClock, newToken: randomUUID }),
  }
}

async function recordsOf(eventLog: EventLog) {
  const lag = await eventLog.lag(RAW_TOPIC, 'any')
  return (await Promise.all(lag.map(({ partition }) => eventLog.read(RAW_TOPIC, partition, 0n, 1_000)))).flat()
}

const failing = (type: 'refused' | 'unknown'): EventLog['append'] => {
  const error = new LogUnavailableError('appending for a test')
  return async (_topic, records) => records.map((): AppendOutcome => ({ type, error }))
}

describe('accepting a micro-batch', () => {
  it('appends the sender bytes of each claimed event and answers with its receipt', async () => {
    const { accept, eventLog } = open()
    const [acceptance] = await accept([anEvent()])
    assert.ok(acceptance?.type === 'accepted')
    const [record] = await recordsOf(eventLog)
    const reading = decodeEnvelope(record?.value ?? Buffer.alloc(0))
    assert.ok(reading.type === 'envelope')
    assert.equal(Buffer.from(reading.event).toString(), '{"n":1.10}')
    assert.equal(reading.head.receiptId, acceptance.receiptId)
    assert.equal(acceptance.duplicate, false)
  })

  it('makes one call each to gate and log, however many events there are', async () => {
    const calls: string[] = []
    const { gate, eventLog } = openParts()
    const counted: Pick<Gate, 'admit' | 'settle'> = {
      admit: (requests) => {
        calls.push(`admit ${requests.length}`)
        return gate.admit(requests)
      },
      settle: (outcomes) => {
        calls.push(`settle ${outcomes.length}`)
        return gate.settle(outcomes)
      },
    }
    const append: EventLog['append'] = (topic, records) => {
      calls.push(`append ${records.length}`)
      return eventLog.append(topic, records)
    }
    const accept = createAcceptEvents({ gate: counted, eventLog: { append }, clock: systemClock, newToken: randomUUID })
    await accept(Array.from({ length: 100 }, (_, index) => anEvent({ idempotencyKey: `k${index}` })))
    assert.deepEqual(calls, ['admit 100', 'append 100', 'settle 100'])
  })

  it('tells a repeat as a duplicate with the first receipt, and appends nothing', async () => {
    const { accept, eventLog } = open()
    const [first] = await accept([anEvent()])
    const [second] = await accept([anEvent()])
    assert.ok(first?.type === 'accepted' && second?.type === 'accepted')
    assert.deepEqual([second.duplicate, second.receiptId], [true, first.receiptId])
    assert.equal((await recordsOf(eventLog)).length, 1)
  })

  it('lets one of two equal events in a batch through and holds the other back', async () => {
    const { accept, eventLog } = open()
    const acceptances = await accept([anEvent(), anEvent()])
    assert.deepEqual(
      acceptances.map(({ type }) => type),
      ['accepted', 'in_flight'],
    )
    assert.equal((await recordsOf(eventLog)).length, 1)
  })

  it('refuses another body under a used key', async () => {
    const { accept } = open()
    await accept([anEvent()])
    const [other] = await accept([anEvent({ text: '{"n":2}' })])
    assert.equal(other?.type, 'other_body')
  })

  it('keeps tenants apart', async () => {
    const { accept } = open()
    const acceptances = await accept([anEvent(), anEvent({ tenantId: 'tenant_b', text: '{"n":2}' })])
    assert.deepEqual(
      acceptances.map(({ type }) => type),
      ['accepted', 'accepted'],
    )
  })

  it('lets through what the limit leaves, in order, and says when to come again', async () => {
    const { accept, eventLog } = open()
    const events = ['a', 'b', 'c'].map((idempotencyKey) => anEvent({ idempotencyKey, limitPerMin: 2 }))
    const acceptances = await accept(events)
    assert.deepEqual(
      acceptances.map(({ type }) => type),
      ['accepted', 'accepted', 'over_limit'],
    )
    assert.ok(acceptances[2]?.type === 'over_limit' && acceptances[2].retryAfterMs > 0)
    assert.equal(acceptances[2].limit?.left, 0)
    assert.equal((await recordsOf(eventLog)).length, 2)
  })

  it('keys records by tenant and partition key, and leaves the others without', async () => {
    const { accept, eventLog } = open()
    await accept([anEvent({ partitionKey: 'p' }), anEvent({ idempotencyKey: 'k2' })])
    assert.deepEqual((await recordsOf(eventLog)).map(({ key }) => key).sort(), ['tenant_a:p', null].sort())
  })

  for (const type of ['refused', 'unknown'] as const) {
    it(`never says accepted of an append that was ${type}, and lets the retry through at once`, async () => {
      const parts = openParts()
      const [lost] = await open(parts, failing(type)).accept([anEvent()])
      assert.equal(lost?.type, 'log_unavailable')
      const [retried] = await open(parts).accept([anEvent()])
      assert.ok(retried?.type === 'accepted' && !retried.duplicate)
      assert.equal((await recordsOf(parts.eventLog)).length, 1)
    })
  }

  it('gives the retry of an unknown append the receipt of the first try', async () => {
    const parts = openParts()
    let written = ''
    const losesTheReply: EventLog['append'] = async (topic, records) => {
      await parts.eventLog.append(topic, records)
      const reading = decodeEnvelope(records[0]?.value ?? Buffer.alloc(0))
      written = reading.type === 'envelope' ? reading.head.receiptId : ''
      return failing('unknown')(topic, records)
    }
    await open(parts, losesTheReply).accept([anEvent()])
    const [retried] = await open(parts).accept([anEvent()])
    assert.ok(retried?.type === 'accepted')
    assert.equal(retried.receiptId, written)
  })

  it('tells each event of a batch its own outcome when the log takes only some', async () => {
    const parts = openParts()
    const error = new LogUnavailableError('appending for a test')
    const some: EventLog['append'] = async (topic, records) => {
      const [first] = await parts.eventLog.append(topic, records.slice(0, 1))
      assert.ok(first)
      return [first, { type: 'refused', error: new RecordTooLargeError('too large', 7) }, { type: 'unknown', error }]
    }
    const [k0, k1, k2, k3] = ['k0', 'k1', 'k2', 'k3'].map((idempotencyKey) => anEvent({ idempotencyKey }))
    assert.ok(k0 && k1 && k2 && k3)
    await open(parts).accept([k0])
    const acceptances = await open(parts, some).accept([k1, k0, k2, k3])
    assert.deepEqual(
      acceptances.map((acceptance) => (acceptance.type === 'accepted' ? acceptance.duplicate : acceptance.type)),
      [false, true, 'too_large', 'log_unavailable'],
    )
    assert.ok(acceptances[2]?.type === 'too_large' && acceptances[2].limitBytes === 7)
  })

  it('releases the key of a refused event for another body, but keeps it of an unknown one', async () => {
    for (const [type, expected] of [
      ['refused', 'accepted'],
      ['unknown', 'other_body'],
    ] as const) {
      const parts = openParts()
      await open(parts, failing(type)).accept([anEvent()])
      const [other] = await open(parts).accept([anEvent({ text: '{"n":2}' })])
      assert.equal(other?.type, expected)
    }
  })

  it('does not ask the log when no key was claimed', async () => {
    const parts = openParts()
    await open(parts).accept([anEvent()])
    const never: EventLog['append'] = () => Promise.reject(new Error('the log was asked'))
    const [again] = await open(parts, never).accept([anEvent()])
    assert.equal(again?.type, 'accepted')
  })
})
