import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addSamples, type ProcessLife, readSample, summarizeMemory } from './process-samples.ts'

const MIB = 1_048_576
/** A process that is looked at every 10 s and takes `mibAt` then. */
const aLife = (pid: number, fromMs: number, looks: number, mibAt: (minutes: number) => number): ProcessLife => ({
  part: 'ingest',
  pid,
  samples: Array.from({ length: looks }, (_, nth) => ({
    atMs: fromMs + nth * 10_000,
    rssBytes: mibAt(nth / 6) * MIB,
    openFiles: 20 + nth,
  })),
})

test('memory is told of the longest life, and how its second half went', () => {
  const [ingest] = summarizeMemory([
    aLife(1, 0, 3, () => 300),
    aLife(2, 40_000, 61, (minutes) => (minutes < 5 ? 100 + minutes * 20 : 190 + minutes * 2)),
  ])
  assert.ok(ingest)
  assert.deepEqual([ingest.part, ingest.lives, ingest.peakBytes], ['ingest', 2, 300 * MIB])
  assert.deepEqual([ingest.firstBytes, ingest.lastBytes], [100 * MIB, 210 * MIB])
  assert.equal(ingest.bytesPerMinute, 2 * MIB)
  assert.deepEqual([ingest.firstFiles, ingest.lastFiles, ingest.peakFiles], [20, 80, 80])
})

test('of a life that is too short no slope is claimed', () => {
  assert.equal(summarizeMemory([aLife(1, 0, 46, (minutes) => 100 + minutes)])[0]?.bytesPerMinute, null)
})

test('a process is read as the system tells it, and one that has ended is none', () => {
  const own = readSample(process.pid, 1)
  assert.ok(own !== null && own.rssBytes > 10 * MIB && own.openFiles > 2)
  assert.equal(readSample(2 ** 22 + 1, 1), null)
  const lives: ProcessLife[] = []
  const status = {
    ready: true,
    database_url: '',
    processes: [{ name: 'ingest' as const, pid: process.pid, port: 1, state: 'ready' }],
  }
  addSamples(lives, status, 0)
  addSamples(lives, status, 10)
  addSamples(lives, { ...status, processes: [{ name: 'ingest', pid: null, port: 1, state: 'starting' }] }, 20)
  assert.deepEqual(
    lives.map(({ samples }) => samples.length),
    [2],
  )
})
