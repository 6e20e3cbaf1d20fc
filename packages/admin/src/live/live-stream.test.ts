import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEventStreamParser } from '@sluice/contract/event-stream'
import { systemClock } from '@sluice/runtime/clock'
import { eventually } from '@sluice/runtime/testing/eventually'
import { createManualClock } from '@sluice/runtime/testing/manual-clock'
import { createMemoryLog } from '@sluice/runtime/testing/memory-log'
import { createLiveStream } from './live-stream.ts'
import type { LiveCandidate, LiveTail } from './live-tail.ts'

const WIDE = 'w'.repeat(20_000)
const aCandidate = (): LiveCandidate => ({
  outcome: 'accepted',
  atMs: 0,
  toItem: () => ({
    outcome: 'accepted',
    at: '2026-01-01T00:00:00.000Z',
    ...{ tenant_id: 'acme', receipt_id: null, event_id: WIDE, event_type: null, idempotency_key: null },
    source: { topic: 'events.raw', partition: 0, offset: 0 },
    ...{ dead_letter_id: null, reason: null, pointer: null },
  }),
})

/** A tail that finds as many in each turn as it is told to. */
function aTail(perTurn: () => number) {
  const tail = { turns: 0, found: 0 }
  const turn: LiveTail['turn'] = async () => {
    tail.turns += 1
    const candidates = Array.from({ length: perTurn() }, aCandidate)
    tail.found += candidates.length
    return { candidates, unread: 0 }
  }
  return { ...tail, tail, turn, position: () => ({ accepted: new Map(), settled: new Map() }) }
}

test('what a slow reader misses is counted, and no more than a bounded part waits for it', async (t) => {
  let perTurn = 50
  // Stands still until all is counted: what a second of turns shows in full is told to nobody.
  const clock = createManualClock(0)
  const source = aTail(() => perTurn)
  const leaving = new AbortController()
  const { log } = createMemoryLog()
  const stream = createLiveStream({ tail: source, resumed: false, leaving: leaving.signal, clock, log })
  t.after(() => void stream.destroy())
  // 1 MB a turn, and nobody reads.
  await eventually(() => source.tail.turns >= 6)
  const waits = stream.readableLength
  assert.ok(waits > 1_048_576 && waits < 1_048_576 + 2 * 50 * (WIDE.length + 500), `${waits} bytes`)
  perTurn = 0
  clock.advance(1_000)
  const parser = createEventStreamParser()
  const events: { event: string; data: string }[] = []
  stream.setEncoding('utf8').on('data', (text: string) => events.push(...parser.push(text)))
  const { data } = await eventually(() => events.find(({ event }) => event === 'left_out'))
  const { matched, shown, slow } = JSON.parse(data)
  const items = events.filter(({ event }) => event === 'item').length
  assert.deepEqual([matched, shown + slow, items, slow > 0], [source.tail.found, matched, shown, true])
})

test('a reader that has taken nothing for a minute is let go', async (t) => {
  const clock = createManualClock(0)
  const source = aTail(() => 120)
  const { log } = createMemoryLog()
  const stream = createLiveStream({
    ...{ tail: source, resumed: false, clock, log },
    leaving: new AbortController().signal,
  })
  t.after(() => void stream.destroy())
  await eventually(() => stream.readableLength > 1_048_576)
  const seen = source.tail.turns
  await eventually(() => source.tail.turns > seen + 1)
  assert.equal(stream.destroyed, false)
  clock.advance(61_000)
  await eventually(() => stream.destroyed)
})

test('silence is broken by comments, so that no proxy takes the connection for dead', async (t) => {
  const clock = createManualClock(0)
  const { log } = createMemoryLog()
  const stream = createLiveStream({
    ...{ tail: aTail(() => 0), resumed: false, clock, log },
    leaving: new AbortController().signal,
  })
  t.after(() => void stream.destroy())
  let text = ''
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk
  })
  await eventually(() => text.includes('event: open'))
  assert.doesNotMatch(text, /heartbeat/)
  clock.advance(15_000)
  await eventually(() => text.includes(': heartbeat\n\n'))
})

test('what no waiting mends ends the stream with a word, and is logged', async (t) => {
  const { log, lines } = createMemoryLog()
  const turn = () => Promise.reject(new TypeError('a mistake'))
  const stream = createLiveStream({
    ...{ tail: { ...aTail(() => 0), turn }, resumed: false, clock: systemClock, log },
    leaving: new AbortController().signal,
  })
  t.after(() => void stream.destroy())
  let text = ''
  for await (const chunk of stream.setEncoding('utf8')) text += chunk
  assert.match(text, /event: closing\ndata: {"reason":"failed"}\n\n$/)
  assert.deepEqual(
    lines.map(({ event }) => event),
    ['live.failed'],
  )
})
