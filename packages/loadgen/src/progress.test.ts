import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { describeLoad, startProgress } from './progress.ts'
import { createTally } from './tally.ts'

function record(t: TestContext, stream: { isTTY: boolean; columns?: number }) {
  t.mock.timers.enable({ apis: ['setInterval'] })
  let written = ''
  const write = (text: string) => {
    written += text
  }
  const progress = startProgress({ ...stream, write }, () => 'sent 12345 of many')
  return { progress, written: () => written }
}

describe('progress', () => {
  it('is one plain line every five seconds off a terminal', (t) => {
    const { progress, written } = record(t, { isTTY: false })
    t.mock.timers.tick(11_000)
    progress[Symbol.dispose]()
    t.mock.timers.tick(11_000)
    assert.equal(written(), 'sent 12345 of many\n'.repeat(2))
  })

  it('is one line that is redrawn and taken away on a terminal, never wider than it', (t) => {
    const { progress, written } = record(t, { isTTY: true, columns: 11 })
    t.mock.timers.tick(250)
    assert.equal(written(), '\r\u001b[2Ksent 12345')
    progress.say('a sentence')
    progress[Symbol.dispose]()
    assert.ok(!written().slice(0, -1).endsWith('many') && written().endsWith('a sentence\n\r\u001b[2K'))
  })

  it('tells what came of the run so far', () => {
    const tally = createTally()
    tally.sent('good', 0)
    tally.sent('bad', 0)
    tally.finished('accepted', { fromSchedule: 7, fromSending: 7 })
    const line = describeLoad(tally.facts(), 12_900, 60_000)
    assert.equal(line, '12/60 s  sent 2  accepted 1  duplicates 0  429 0  errors 0  waiting 1  p95 7 ms')
  })
})
