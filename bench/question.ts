export type Latency = { p50: number; p95?: number; p99: number }

/** What one round of one subject showed. */
export type Measure = {
  /** In the question's unit: events a second, mostly. */
  perSecond: number
  /** CPU, user and system, in microseconds an event, by process or group of processes. */
  cpuMicros: Readonly<Record<string, number>>
  /** Milliseconds, of what a caller waits. */
  latencyMs?: Latency
  /** What the reader has to know about this round: that the load client was the limit, for one. */
  note?: string
}

/** One way of doing the work. The first of a question is the floor, which does nothing that could be left out. */
export type Subject = {
  name: string
  /** One round. Leaves everything as it found it, as rounds of all subjects take turns. */
  measure: () => Promise<Measure>
}

export type Question = {
  name: string
  /** In words, with the unit of `perSecond`. */
  asks: string
  subjects: readonly Subject[]
}

/** A question is opened when its turn comes and closed after it, so that only one asks for the machine. */
export type OpenQuestion = (bench: Bench) => Promise<Question>

/** What questions share. */
export type Bench = {
  /** Seconds of one round. */
  seconds: number
  /** Events of one backlog. */
  backlog: number
  /** Events in a store that is read. */
  rows: number
  /** Closed, last first, when the question is over. */
  life: AsyncDisposableStack
}

export type Spread = { min: number; median: number; max: number }

/** One line of the table. */
export type Line = {
  question: string
  subject: string
  perSecond: Spread
  /** To the floor, round by round; null for the floor itself. */
  ratio: Spread | null
  cpuMicros: Readonly<Record<string, number>>
  latencyMs: Latency | null
  notes: readonly string[]
}

/** @throws RangeError when there is no number */
export function spreadOf(numbers: readonly number[]): Spread {
  const sorted = numbers.toSorted((a, b) => a - b)
  const [min, max] = [sorted[0], sorted.at(-1)]
  if (min === undefined || max === undefined) throw new RangeError('a spread of nothing')
  return { min, median: sorted[Math.floor(sorted.length / 2)] ?? min, max }
}

/**
 * Lets the subjects take turns: floor, subject, floor, subject, so that what the machine does besides falls on all of them.
 * @param say told before each round
 */
export async function ask(question: Question, rounds: number, say: (line: string) => void): Promise<Line[]> {
  const measures = question.subjects.map((): Measure[] => [])
  for (let round = 1; round <= rounds; round += 1)
    for (const [nth, subject] of question.subjects.entries()) {
      say(`${question.name}: ${subject.name}, round ${round} of ${rounds}`)
      measures[nth]?.push(await subject.measure())
    }
  const floor = measures[0] ?? []
  return question.subjects.map((subject, nth) =>
    lineOf(question.name, subject.name, measures[nth] ?? [], nth === 0 ? null : floor),
  )
}

function lineOf(question: string, subject: string, own: readonly Measure[], floor: readonly Measure[] | null): Line {
  const latencies = own.flatMap(({ latencyMs }) => latencyMs ?? [])
  const names = Object.keys(own[0]?.cpuMicros ?? {})
  return {
    question,
    subject,
    perSecond: spreadOf(own.map(({ perSecond }) => perSecond)),
    ratio:
      floor === null
        ? null
        : spreadOf(own.map(({ perSecond }, round) => perSecond / (floor[round]?.perSecond ?? Number.NaN))),
    cpuMicros: Object.fromEntries(
      names.map((name) => [name, spreadOf(own.map(({ cpuMicros }) => cpuMicros[name] ?? 0)).median]),
    ),
    latencyMs: latencies.length === 0 ? null : middleOf(latencies),
    notes: [...new Set(own.flatMap(({ note }) => note ?? []))],
  }
}

function middleOf(latencies: readonly Latency[]): Latency {
  const p95s = latencies.flatMap(({ p95 }) => p95 ?? [])
  return {
    p50: spreadOf(latencies.map(({ p50 }) => p50)).median,
    ...(p95s.length === 0 ? {} : { p95: spreadOf(p95s).median }),
    p99: spreadOf(latencies.map(({ p99 }) => p99)).median,
  }
}
