import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { startProgress, withProgress } from './progress.ts'

function record(t: TestContext, stream: { isTTY: boolean; columns?: number; rows?: number }, screen?: string[]) {
  t.mock.timers.enable({ apis: ['setInterval'] })
  let written = ''
  const write = (text: string) => {
    written += text
  }
  const progress = startProgress(
    { ...stream, write },
    {
      line: () => 'sent 12345 of many',
      ...(screen === undefined ? {} : { screen: () => screen }),
    },
  )
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

  it('is a screen on a terminal: redrawn from its first line, no longer than the terminal is high', (t) => {
    const { progress, written } = record(t, { isTTY: true, columns: 80, rows: 4 }, ['one', 'two', 'three', 'four'])
    t.mock.timers.tick(250)
    assert.equal(written(), '\r\u001b[2Kone\ntwo\nthree')
    t.mock.timers.tick(250)
    assert.equal(written().slice('\r\u001b[2Kone\ntwo\nthree'.length), '\r\u001b[2A\u001b[Jone\ntwo\nthree')
    progress[Symbol.dispose]()
    assert.ok(written().endsWith('three\r\u001b[2A\u001b[J'))
  })

  it('is shown until the work has ended, and taken away whether it succeeds or fails', async (t) => {
    t.mock.timers.enable({ apis: ['setInterval'] })
    for (const end of ['resolve', 'reject'] as const) {
      let written = ''
      const write = (text: string) => {
        written += text
      }
      const work = Promise.withResolvers<void>()
      const shown = withProgress({ write }, { line: () => 'going on' }, () => work.promise)
      t.mock.timers.tick(10_000)
      assert.equal(written, 'going on\ngoing on\n')
      work[end]()
      await shown.catch(() => {})
      t.mock.timers.tick(10_000)
      assert.equal(written, 'going on\ngoing on\n')
    }
  })
})
