import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask, type Measure, spreadOf } from './question.ts'
import { tableOf } from './table.ts'

/** A subject whose rounds show what they are told to, and that writes down when it was asked. */
function scripted(name: string, rates: readonly number[], asked: string[]) {
  const left = [...rates]
  return {
    name,
    async measure(): Promise<Measure> {
      asked.push(name)
      return { perSecond: left.shift() ?? Number.NaN, cpuMicros: { server: 1e6 / (rates[0] ?? 1) } }
    },
  }
}

test('subjects take turns, and each is compared with the floor of its own round', async () => {
  const asked: string[] = []
  const subjects = [scripted('floor', [100, 200, 400], asked), scripted('ours', [50, 150, 100], asked)]
  const [floor, ours] = await ask({ name: 'q', asks: 'events a second', subjects }, 3, () => {})
  assert.deepEqual(asked, ['floor', 'ours', 'floor', 'ours', 'floor', 'ours'])
  assert.equal(floor?.ratio, null)
  assert.deepEqual(ours?.ratio, { min: 0.25, median: 0.5, max: 0.75 })
  assert.deepEqual(ours?.perSecond, { min: 50, median: 100, max: 150 })
})

test('a table says what was asked, and marks the middle of each spread', async () => {
  const question = { name: 'q', asks: 'events a second', subjects: [scripted('floor', [1_000, 2_000, 3_000], [])] }
  const text = tableOf(question, await ask(question, 3, () => {}))
  assert.match(text, /^## q\n\nevents a second\.\n/)
  assert.match(text, /\| floor \| 1,000 · \*\*2,000\*\* · 3,000 \| 1 \| server 1000 \|/)
})

test('a spread of nothing is an error, not zero', () => {
  assert.throws(() => spreadOf([]), RangeError)
  assert.deepEqual(spreadOf([3, 1, 2]), { min: 1, median: 2, max: 3 })
})
