import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSchedule } from '../schedule.ts'
import { createTally } from '../tally.ts'
import { describeLoad, liveView } from './live-view.ts'

const TOOK = { fromSchedule: 7, fromSending: 7 }

describe('live view', () => {
  it('tells what came of the run so far in one line', () => {
    const tally = createTally()
    tally.sent({ class: 'good', tenantId: 'a' }, 0)
    tally.sent({ class: 'bad-at-processor', tenantId: 'a' }, 0)
    tally.finished('a', 'accepted', TOOK)
    const line = describeLoad(tally.facts(), 12_900, 60_000)
    assert.equal(line, '12/60 s  sent 2  accepted 1  duplicates 0  429 0  errors 0  waiting 1  p95 7 ms')
  })

  it('shows how far it is, the rate reached beside the one asked, and what was answered', () => {
    const tally = createTally()
    const schedule = createSchedule([{ durationMs: 4_000, fromRate: 10, toRate: 10 }])
    let elapsedMs = 0
    const { screen } = liveView({ facts: tally.facts, elapsedMs: () => elapsedMs, schedule })
    screen?.()
    for (let n = 0; n < 16; n++) {
      tally.sent({ class: 'good', tenantId: n % 4 === 0 ? 'b' : 'a' }, 0)
      tally.finished('a', n === 0 ? 'rate_limited' : 'accepted', TOOK)
    }
    elapsedMs = 2_000
    const lines = screen?.() ?? []
    assert.match(lines[0] ?? '', /^━{15}·{15} {2}0:02 of 0:04$/)
    assert.match(lines[1] ?? '', /^rate 8\/s of 10\/s asked · sent 16 of 40 · under way 0$/)
    assert.equal(lines[2], '202 accepted 15 · 429 over the limit 1')
    assert.ok(lines.some((line) => /^ {2}a \(12 sent\)/.test(line)))
  })
})
