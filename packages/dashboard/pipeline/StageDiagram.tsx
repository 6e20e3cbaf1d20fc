import type { ReactNode } from 'react'
import { formatCount, formatRate, formatSeconds } from '../format.ts'

export type StageNumbers = {
  appendedPerSecond: number | null
  settledPerSecond: number | null
  storedPerMinute: number | null
  deadLetteredPerMinute: number | null
  waiting: number | null
  behindSeconds: number | null
  openDeadLetters: number | null
  processor: 'running' | 'stopped' | 'unknown'
}

/** The way of an event as a picture and as a sentence; an edge moves only while something flows along it. */
export function StageDiagram({ numbers }: { numbers: StageNumbers }) {
  const {
    appendedPerSecond,
    settledPerSecond,
    storedPerMinute,
    deadLetteredPerMinute,
    waiting,
    behindSeconds,
    openDeadLetters,
    processor,
  } = numbers
  const isConsuming = processor === 'running'
  const flows = (rate: number | null) => rate !== null && rate > 0
  const age = behindSeconds === null || waiting === 0 ? '' : `, the oldest for ${formatSeconds(behindSeconds)}`
  return (
    <figure>
      <figcaption className="sr-only">
        Ingest appends {formatRate(appendedPerSecond)} to the log. There {formatCount(waiting)} wait{age}. The processor{' '}
        {PROCESSOR[processor].does(settledPerSecond)}: {formatCount(storedPerMinute)} a minute go to PostgreSQL,{' '}
        {formatCount(deadLetteredPerMinute)} a minute become dead letters, of which {formatCount(openDeadLetters)} are
        open.
      </figcaption>
      <div
        aria-hidden="true"
        className="grid items-stretch text-13 md:grid-cols-[auto_minmax(72px,1fr)_auto_minmax(72px,1fr)_auto_minmax(96px,1.2fr)_auto]"
      >
        <Stage name="Ingest" />
        <Edge label={formatRate(appendedPerSecond)} what="appended" isFlowing={flows(appendedPerSecond)} />
        <Stage name="Log" tone={(behindSeconds ?? 0) > 5 ? 'warn' : 'plain'}>
          <strong className="text-16 font-semibold">{formatCount(waiting)}</strong> waiting
          <span className="block text-12 text-ink-2">
            {waiting === 0 ? 'empty' : `oldest ${formatSeconds(behindSeconds)}`}
          </span>
        </Stage>
        <Edge label={formatRate(settledPerSecond)} what="settled" isFlowing={isConsuming && flows(settledPerSecond)} />
        <Stage name="Processor" tone={PROCESSOR[processor].tone}>
          <span className={processor === 'stopped' ? 'font-medium text-bad' : 'text-ink-2'}>{processor}</span>
        </Stage>
        {/* Both ways begin at the processor: one above the other on a wide screen, side by side on a phone. */}
        <div className="grid grid-flow-col grid-cols-2 grid-rows-[auto_auto] items-stretch gap-x-3 md:col-span-2 md:grid-flow-row md:grid-cols-subgrid md:grid-rows-none md:gap-x-0 md:gap-y-2">
          <Edge
            label={formatCount(storedPerMinute)}
            what="stored a minute"
            isFlowing={isConsuming && flows(storedPerMinute)}
          />
          <Stage name="PostgreSQL" />
          <Edge
            label={formatCount(deadLetteredPerMinute)}
            what="dead-lettered a minute"
            isFlowing={isConsuming && flows(deadLetteredPerMinute)}
          />
          <Stage name="Dead letters" tone={(openDeadLetters ?? 0) > 0 ? 'bad' : 'plain'}>
            <strong className="font-semibold">{formatCount(openDeadLetters)}</strong> open
          </Stage>
        </div>
      </div>
    </figure>
  )
}

const PROCESSOR = {
  running: { tone: 'plain', does: (perSecond) => `settles ${formatRate(perSecond)}` },
  stopped: { tone: 'bad', does: () => 'is stopped' },
  unknown: { tone: 'plain', does: () => 'may run or not, which is unknown' },
} as const satisfies Record<
  StageNumbers['processor'],
  { tone: keyof typeof TONES; does: (settledPerSecond: StageNumbers['settledPerSecond']) => string }
>

const TONES = { plain: 'outline-line', warn: 'outline-warn', bad: 'outline-bad' }

function Stage({ name, tone = 'plain', children }: { name: string; tone?: keyof typeof TONES; children?: ReactNode }) {
  return (
    <div
      className={`flex min-h-14 min-w-28 flex-col justify-center rounded-md bg-surface px-3 py-2 outline ${TONES[tone]}`}
    >
      <span className={`font-medium ${children === undefined ? 'text-13 text-ink' : 'text-12 text-ink-2'}`}>
        {name}
      </span>
      {children !== undefined && <span>{children}</span>}
    </div>
  )
}

function Edge({ label, what, isFlowing }: { label: string; what: string; isFlowing: boolean }) {
  return (
    <div className="flex min-h-14 items-center gap-2 px-2 md:flex-col md:justify-center md:gap-0.5 md:px-1">
      <span className="order-2 text-13 font-medium whitespace-nowrap md:order-none">{label}</span>
      <svg
        aria-hidden="true"
        className="order-1 hidden h-2 w-full md:order-none md:block"
        viewBox="0 0 100 8"
        preserveAspectRatio="none"
      >
        <line
          x1="0"
          y1="4"
          x2="100"
          y2="4"
          stroke={isFlowing ? 'var(--accent)' : 'var(--control)'}
          strokeWidth="2"
          vectorEffect="non-scaling-stroke"
          className={isFlowing ? 'flowing' : ''}
        />
      </svg>
      <svg aria-hidden="true" className="order-1 h-10 w-2 md:hidden" viewBox="0 0 8 40">
        <line
          x1="4"
          y1="0"
          x2="4"
          y2="40"
          stroke={isFlowing ? 'var(--accent)' : 'var(--control)'}
          strokeWidth="2"
          className={isFlowing ? 'flowing' : ''}
        />
      </svg>
      <span className="order-3 text-12 text-ink-2 md:order-none md:whitespace-nowrap">{what}</span>
    </div>
  )
}
