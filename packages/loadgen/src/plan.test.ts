import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { judgeEvent } from '@sluice/contract/event'
import { checkObject } from '@sluice/contract/i-json'
import { createContent } from './events/content.ts'
import { type ClassRates, createPlan, type PlannedEvent, type PlanOptions, REPEAT_WINDOW } from './plan.ts'
import { createSchedule } from './schedule.ts'
import { createSenderOf } from './tenant-shares.ts'

const SENDERS = [
  { tenantId: 'tenant_a', apiKey: 'key_a' },
  { tenantId: 'tenant_b', apiKey: 'key_b' },
]
const senderOf = createSenderOf(SENDERS.map((sender) => ({ sender, share: 1 })))
const NONE: ClassRates = { duplicate: 0, conflict: 0, bad: 0, edge: 0 }
const MIXED: ClassRates = { duplicate: 0.1, conflict: 0.05, bad: 0.05, edge: 0.05 }

function run(changed: Partial<PlanOptions> = {}, events = 2_000): PlannedEvent[] {
  const schedule = createSchedule([{ durationMs: events * 10, fromRate: 100, toRate: 100 }])
  const plan = createPlan({
    seed: 1,
    runId: 'run',
    datedFromMs: Date.UTC(2026, 0, 1),
    schedule,
    senderOf,
    rates: MIXED,
    content: createContent(null, null),
    strict: false,
    hotKeys: null,
    stormEvents: null,
    ...changed,
  })
  return Array.from({ length: schedule.count }, (_, seq) => plan.at(seq))
}
const wire = (events: readonly PlannedEvent[]) =>
  events.map(({ key, body, sender, headers }) => [key, body.toString('latin1'), sender, headers])
const of = (events: readonly PlannedEvent[], wanted: PlannedEvent['class']) =>
  events.filter((event) => event.class === wanted)
const near = (actual: number, expected: number) => assert.ok(Math.abs(actual - expected) < 0.015, `${actual}`)

describe('plan of a run', () => {
  it('is the same run for the same seed, byte for byte, whatever was answered', () => {
    assert.deepEqual(wire(run()), wire(run()))
  })

  it('is another run for another seed', () => {
    assert.notDeepEqual(
      run().map((event) => event.class),
      run({ seed: 2 }).map((event) => event.class),
    )
  })

  it('makes the same choices under fresh keys when the seed is used again', () => {
    const [first, again] = [run(), run({ runId: 'again' })]
    assert.deepEqual(
      first.map(({ class: eventClass, dupOf }) => [eventClass, dupOf]),
      again.map(({ class: eventClass, dupOf }) => [eventClass, dupOf]),
    )
    const keys = new Set(first.map(({ key }) => key))
    assert.ok(again.every(({ key }) => !keys.has(key)))
  })

  it('meets the rates', () => {
    const events = run({ rates: { duplicate: 0.2, conflict: 0.1, bad: 0.1, edge: 0.05 } }, 10_000)
    near(of(events, 'dup-same').length / 10_000, 0.2)
    near(of(events, 'dup-conflict').length / 10_000, 0.1)
    near(of(events, 'bad-at-processor').length / 10_000, 0.1)
    near(of(events, 'bad-at-edge').length / 10_000, 0.05)
  })

  it('has nothing but good events unless asked for', () => {
    assert.equal(of(run({ rates: NONE }), 'good').length, 2_000)
  })

  it('keeps to the shares of the tenants, repeats included', () => {
    const noisy = createSenderOf(SENDERS.map((sender, index) => ({ sender, share: index === 0 ? 9 : 1 })))
    const events = run({ senderOf: noisy, rates: { ...NONE, duplicate: 0.5 } })
    assert.equal(events.filter(({ sender }) => sender.tenantId === 'tenant_a').length, 1_800)
  })

  it('repeats the identical body and key of an earlier good event of the same tenant', () => {
    const events = run()
    const repeats = of(events, 'dup-same')
    assert.ok(repeats.length > 100)
    for (const { seq, dupOf, key, body, sender } of repeats) {
      const original = events[dupOf ?? -1]
      assert.equal(original?.class, 'good')
      assert.ok(original.seq < seq && seq - original.seq <= REPEAT_WINDOW)
      assert.deepEqual([original.key, original.sender, original.body], [key, sender, body])
    }
  })

  it('sends a conflict under the key of an earlier good event, with a valid body of its own', () => {
    const events = run()
    const conflicts = of(events, 'dup-conflict')
    assert.ok(conflicts.length > 50)
    for (const { dupOf, key, body } of conflicts) {
      const original = events[dupOf ?? -1]
      assert.equal(original?.key, key)
      assert.notDeepEqual(original?.body, body)
      assert.equal(judgeEvent(body).type, 'valid')
    }
  })

  it('repeats one event at once, again and again, in a storm', () => {
    const events = run({ rates: { ...NONE, duplicate: 0.7 }, stormEvents: 25 }, 500)
    const counts = new Map<number, number>()
    for (const { seq, dupOf } of of(events, 'dup-same')) {
      counts.set(dupOf ?? -1, (counts.get(dupOf ?? -1) ?? 0) + 1)
      assert.ok(seq - (dupOf ?? 0) < 60, `${seq} repeats ${dupOf}`)
    }
    assert.ok(Math.max(...counts.values()) >= 10)
  })

  it('does not reach back further than ingest surely remembers when events are rare', () => {
    const schedule = createSchedule([{ durationMs: 36_000_000, fromRate: 0.1, toRate: 0.1 }])
    const events = run({ schedule, rates: { ...NONE, duplicate: 0.5 } })
    assert.ok(of(events, 'dup-same').length > 100)
    for (const { seq, dupOf } of of(events, 'dup-same'))
      assert.ok(schedule.dueMs(seq) - schedule.dueMs(dupOf ?? 0) <= 300_000)
  })

  it('sends bad events that the processor sets aside for the reason expected, and that ingest takes', () => {
    const bad = of(run({ rates: { ...NONE, bad: 0.5 } }), 'bad-at-processor')
    assert.deepEqual([...new Set(bad.map(({ expect }) => expect))].sort(), ['INVALID_FIELD', 'MISSING_FIELD'])
    for (const { body, expect } of bad) {
      const judgement = judgeEvent(body)
      assert.equal(judgement.type === 'dead_letter' && judgement.reason, expect, body.toString())
      assert.equal(checkObject(body), null)
    }
  })

  it('spoils bodies, or headers, of events that ingest must refuse', () => {
    const refused = of(run({ rates: { ...NONE, edge: 0.5 } }), 'bad-at-edge')
    assert.deepEqual([...new Set(refused.map(({ expect }) => expect))].sort(), ['400', '401', '413', '415'])
    for (const { body, expect, headers } of refused)
      if (expect === '400') assert.ok(checkObject(body) !== null || headers['idempotency-key'] !== undefined)
      else if (expect === '413') assert.ok(body.length > 262_144)
      else assert.ok(Object.keys(headers).length > 0)
  })

  it('shows no wrong keys where ingest would take the address for one that guesses', () => {
    const schedule = createSchedule([{ durationMs: 2_000, fromRate: 1_000, toRate: 1_000 }])
    const refused = of(run({ schedule, rates: { ...NONE, edge: 0.5 } }), 'bad-at-edge')
    assert.ok(refused.length > 900 && refused.every(({ expect }) => expect !== '401'))
  })

  it('asks for validation of all that is no business of the door', () => {
    for (const { class: eventClass, headers } of run({ strict: true }, 500))
      assert.equal(headers.prefer, eventClass === 'bad-at-edge' ? undefined : 'handling=strict')
  })

  it('gives half of the events the hottest of the partition keys', () => {
    const keys = run({ rates: NONE, hotKeys: 3 }).map(({ headers }) => headers['x-partition-key'])
    const share = (key: string) => keys.filter((other) => other === key).length / keys.length
    assert.ok(Math.abs(share('hot-0') - 0.5) < 0.04 && Math.abs(share('hot-1') - 0.25) < 0.04)
    assert.deepEqual([...new Set(keys)].sort(), ['hot-0', 'hot-1', 'hot-2'])
  })

  it('takes contents from a corpus as they stand, and fills others up to the size asked for', () => {
    const content = createContent([{ eventType: 'a.b', payloadJson: '{"n":1.10}' }], null)
    const [event] = run({ content, rates: NONE }, 1)
    assert.match(event?.body.toString() ?? '', /"event_type":"a\.b".*"payload":\{"n":1\.10\}\}$/)
    for (const { body } of run({ content: createContent(null, { min: 4_000, max: 5_000 }), rates: NONE }, 50)) {
      const judgement = judgeEvent(body)
      assert.equal(judgement.type, 'valid')
      if (judgement.type === 'valid') assert.ok(judgement.event.payload.length >= 4_000 && body.length < 5_300)
    }
  })
})
