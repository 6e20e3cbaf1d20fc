import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MAX_LIVE_PER_SECOND } from '@sluice/contract/admin-api/live'
import { createSeededRandom, testSeed } from '@sluice/runtime/testing/seeded-random'
import { createLiveSampler } from './live-sampler.ts'

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

test('as much as may be shown is shown as it is, in one turn too', () => {
  const found = numbers(MAX_LIVE_PER_SECOND)
  assert.equal(createLiveSampler().choose(found, 0), found)
})

test('of more an even part is shown, in order, each once', () => {
  const chosen = createLiveSampler().choose(numbers(MAX_LIVE_PER_SECOND * 4), 0)
  assert.equal(new Set(chosen).size, MAX_LIVE_PER_SECOND)
  for (const [index, number] of chosen.entries()) assert.ok(Math.abs(number - index * 4) <= 4, `${index}: ${number}`)
})

test('in no second more than the limit, and a flood is shown in every turn', (t) => {
  const seed = testSeed()
  t.diagnostic(`SLUICE_TEST_SEED=${seed}`)
  const random = createSeededRandom(seed)
  const sampler = createLiveSampler()
  const turns: { atMs: number; count: number }[] = []
  let nowMs = 0
  for (let turn = 0; turn < 400; turn += 1) {
    nowMs += 250 + random.below(30)
    turns.push({ atMs: nowMs, count: sampler.choose(numbers(random.below(3_000)), nowMs).length })
  }
  for (const { atMs } of turns) {
    const within = turns.filter((turn) => turn.atMs >= atMs && turn.atMs < atMs + 1_000)
    const count = within.reduce((sum, turn) => sum + turn.count, 0)
    assert.ok(count <= MAX_LIVE_PER_SECOND, `${count} from ${atMs} on`)
  }
})

test('a flood is shown evenly once it is one', () => {
  const sampler = createLiveSampler()
  const counts = numbers(12).map((turn) => sampler.choose(numbers(1_000), turn * 251).length)
  assert.ok(
    counts.slice(5).every((count) => count >= 100),
    counts.join(),
  )
})
