import { readdirSync, readFileSync } from 'node:fs'
import { growthPerMinute } from '@sluice/runtime/testing/trend'
import type { DevStatus } from '../../sluice-dev.ts'

/** What the system says of one process at a moment. */
export type Sample = { atMs: number; rssBytes: number; openFiles: number }

/** One process from its start to its end; a part that was killed and started again has several. */
export type ProcessLife = { part: string; pid: number; samples: Sample[] }

/** Over one part's lives. */
export type PartMemory = {
  part: string
  lives: number
  peakBytes: number
  /** Of its longest life: where it began and ended, and how its second half went by least squares; null: too short to say. */
  firstBytes: number
  lastBytes: number
  bytesPerMinute: number | null
  firstFiles: number
  lastFiles: number
  peakFiles: number
}

/** Four minutes of the second half: a process that does little takes minutes until its heap has the size that it keeps. */
const FEWEST_SAMPLES = 24

/** Null when the process has ended meanwhile. */
export function readSample(pid: number, atMs: number): Sample | null {
  try {
    const rss = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    // Once it has ended and nobody has asked how, it has no memory any more.
    return rss === undefined
      ? null
      : { atMs, rssBytes: Number(rss) * 1_024, openFiles: readdirSync(`/proc/${pid}/fd`).length }
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return null
    throw error
  }
}

/** Adds what each process of the platform takes now. */
export function addSamples(lives: ProcessLife[], { processes }: DevStatus, atMs: number): void {
  for (const { name, pid } of processes) {
    const sample = pid === null ? null : readSample(pid, atMs)
    if (pid === null || sample === null) continue
    const known = lives.find((life) => life.part === name && life.pid === pid)
    if (known === undefined) lives.push({ part: name, pid, samples: [sample] })
    else known.samples.push(sample)
  }
}

/** Sums up the lives by part, in the order in which the parts came. */
export function summarizeMemory(lives: readonly ProcessLife[]): PartMemory[] {
  return [...new Set(lives.map(({ part }) => part))].map((part) => {
    const own = lives.filter((life) => life.part === part)
    const longest = own.reduce((best, life) => (spanOf(life) > spanOf(best) ? life : best)).samples
    const all = own.flatMap(({ samples }) => samples)
    const [first, last] = [longest[0], longest.at(-1)]
    return {
      part,
      lives: own.length,
      peakBytes: Math.max(...all.map(({ rssBytes }) => rssBytes)),
      firstBytes: first?.rssBytes ?? 0,
      lastBytes: last?.rssBytes ?? 0,
      bytesPerMinute: slopeOf(longest),
      firstFiles: first?.openFiles ?? 0,
      lastFiles: last?.openFiles ?? 0,
      peakFiles: Math.max(...all.map(({ openFiles }) => openFiles)),
    }
  })
}

const spanOf = ({ samples }: ProcessLife) => (samples.at(-1)?.atMs ?? 0) - (samples[0]?.atMs ?? 0)

function slopeOf(samples: readonly Sample[]): number | null {
  const settled = samples.slice(samples.length >> 1)
  if (settled.length < FEWEST_SAMPLES) return null
  return Math.round(growthPerMinute(settled.map(({ atMs, rssBytes }) => ({ atMs, value: rssBytes }))))
}
