import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { judgeEvent } from '@sluice/contract/event'
import { createPlan, type FindAccepted, type PlannedEvent, type PlanOptions, REPEAT_WINDOW } from './plan.ts'
import { createSchedule } from './schedule.ts'

const SENDERS = [
  { tenantId: 'tenant_a', apiKey: 'key_a' },
  { tenantId: 'tenant_b', apiKey: 'key_b' },
]
/** As if every event were accepted at once. */
const allAccepted: FindAccepted = (wanted) => wanted

function run(changed: Partial<PlanOptions> = {}, events = 2_000, findAccepted = allAccepted): PlannedEvent[] {
  const schedule = createSchedule({ ratePerSecond: 100, durationMs: events * 10 })
  const plan = createPlan({
    seed: 1,
    runId: 'run',
    startedAtMs: Date.UTC(2026, 0, 1),
    schedule,
    senders: SENDERS,
    duplicateRate: 0.1,
    badRate: 0.05,
    corpus: null,
    ...changed,
  })
  return Array.from({ length: schedule.count }, (_, seq) => plan.at(seq, findAccepted))
}
const wire = (events: readonly PlannedEvent[]) => events.map(({ key, body, sender }) => [key, body.toString(), sender])
const countOf = (events: readonly PlannedEvent[], wanted: PlannedEvent['class']) =>
  events.filter((event) => event.class === wanted).length

describe('plan of a run', () => {
  it('is the same run for the same seed, byte for byte', () => {
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
      first.map((event) => event.class),
      again.map((event) => event.class),
    )
    const keys = new Set(first.map(({ key }) => key))
    assert.ok(again.every(({ key }) => !keys.has(key)))
  })

  it('meets the rates', () => {
    const events = run({ duplicateRate: 0.2, badRate: 0.1 }, 10_000)
    assert.ok(Math.abs(countOf(events, 'duplicate') / 10_000 - 0.2) < 0.015)
    assert.ok(Math.abs(countOf(events, 'bad') / 10_000 - 0.1) < 0.015)
  })

  it('has no duplicate and no bad event unless asked for', () => {
    assert.equal(countOf(run({ duplicateRate: 0, badRate: 0 }), 'good'), 2_000)
  })

  it('shares the rate evenly among the tenants, duplicates included', () => {
    const events = run({ duplicateRate: 0.5 })
    assert.equal(events.filter(({ sender }) => sender.tenantId === 'tenant_a').length, 1_000)
  })

  it('repeats the identical body and key of an earlier event of the same tenant', () => {
    const events = run()
    const duplicates = events.filter((event) => event.class === 'duplicate')
    assert.ok(duplicates.length > 100)
    let compared = 0
    for (const { seq, repeats, key, body, sender } of duplicates) {
      const original = events[repeats]
      assert.ok(repeats < seq && seq - repeats <= REPEAT_WINDOW)
      assert.equal(original?.sender, sender)
      if (original?.class !== 'good') continue // a run repeats accepted good events only: see the next test
      assert.equal(original.key, key)
      assert.deepEqual(original.body, body)
      compared++
    }
    assert.ok(compared > 100)
  })

  it('repeats what was really accepted, and sends a good event when nothing was', () => {
    const onlyFirst = run({}, 200, (_, step) => (step === 2 ? 0 : null)).filter((event) => event.class === 'duplicate')
    assert.ok(onlyFirst.length > 0 && onlyFirst.every((event) => event.key === 'lg-run-0' && event.repeats === 0))
    assert.equal(
      countOf(
        run({ duplicateRate: 1, badRate: 0 }, 50, () => null),
        'good',
      ),
      50,
    )
  })

  it('does not reach back further than ingest surely remembers when events are rare', () => {
    const schedule = createSchedule({ ratePerSecond: 0.1, durationMs: 36_000_000 })
    const events = run({ schedule, duplicateRate: 1, badRate: 0 })
    for (const event of events)
      if (event.class === 'duplicate') assert.ok(schedule.dueMs(event.seq) - schedule.dueMs(event.repeats) <= 300_000)
  })

  it('sends good events that the processor accepts, and bad ones that miss exactly the field named', () => {
    for (const event of run({}, 400)) {
      const judgement = judgeEvent(event.body)
      if (event.class !== 'bad') assert.equal(judgement.type, 'valid', event.body.toString())
      else {
        assert.equal(judgement.type, 'dead_letter')
        if (judgement.type !== 'dead_letter') continue
        assert.equal(judgement.reason, 'MISSING_FIELD')
        assert.equal(judgement.pointer, `/${event.missing}`)
      }
    }
  })

  it('takes contents from a corpus as they stand', () => {
    const corpus = [{ eventType: 'a.b', payloadJson: '{"n":1.10}' }]
    const [event] = run({ corpus, duplicateRate: 0, badRate: 0 }, 1)
    assert.match(event?.body.toString() ?? '', /"event_type":"a\.b".*"payload":\{"n":1\.10\}\}$/)
  })
})
