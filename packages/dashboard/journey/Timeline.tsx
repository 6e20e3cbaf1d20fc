'use client'

import type { ReceiptBody, ReceiptStep } from '@sluice/contract/admin-api/receipts'
import { Unknown } from '../cells/Unknown.tsx'
import { VisibleText } from '../cells/VisibleText.tsx'
import { formatCount, formatMs } from '../format.ts'
import { useZone } from '../shell/clock.tsx'
import { clockTime, fullTime } from '../times.ts'
import {
  Ban,
  CircleAlert,
  CircleCheck,
  CircleDashed,
  type Icon as IconShape,
  ListPlus,
  LogIn,
  RefreshCw,
} from '../ui/icons.tsx'
import { openSteps, repeatWords, type TimelineStep, timelineSteps } from './timeline.ts'

type Look = { name: string; icon: IconShape; tone: string }
const LOOKS: Record<ReceiptStep['step'], Look> = {
  accepted: { name: 'Accepted', icon: LogIn, tone: 'text-ink' },
  appended: { name: 'Appended to the log', icon: ListPlus, tone: 'text-ink' },
  dead_lettered: { name: 'Dead-lettered', icon: CircleAlert, tone: 'text-bad' },
  redriven: { name: 'Redriven', icon: RefreshCw, tone: 'text-accent' },
  dismissed: { name: 'Dismissed', icon: Ban, tone: 'text-ink-2' },
  stored: { name: 'Stored', icon: CircleCheck, tone: 'text-ok' },
}

/** A gap is drawn in proportion to the longest, on a scale that lets milliseconds and hours stand beside each other. */
const MAX_GAP_PX = 72
const MIN_GAP_PX = 12
const gapHeight = (gapMs: number, longestMs: number): number =>
  MIN_GAP_PX + (longestMs <= 0 ? 0 : (Math.log1p(gapMs) / Math.log1p(longestMs)) * (MAX_GAP_PX - MIN_GAP_PX))

/** The way of one event, step by step, with what lies between. */
export function Timeline({ receipt }: { receipt: Pick<ReceiptBody, 'steps' | 'state' | 'repeats'> }) {
  const steps = timelineSteps(receipt.steps)
  const longestMs = Math.max(0, ...steps.map(({ gapMs }) => gapMs ?? 0))
  const repeats = repeatWords(receipt.repeats)
  return (
    <ol aria-label="Timeline" className="flex flex-col">
      {steps.map((step, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: steps are only ever added at the end
        <li key={`${index} ${step.step}`}>
          {step.gapMs !== null && <Gap gapMs={step.gapMs} height={gapHeight(step.gapMs, longestMs)} />}
          {step.gapMs === null && index > 0 && <Gap gapMs={null} height={MIN_GAP_PX} />}
          <StepLine step={step} />
        </li>
      ))}
      {openSteps(receipt).map((name) => (
        <li key={`open ${name}`} className="text-ink-2">
          <div aria-hidden="true" className="ml-[7px] h-5 border-l-2 border-dotted border-control" />
          <p className="flex items-center gap-3">
            <CircleDashed size={16} aria-hidden />
            {LOOKS[name].name}: not yet
          </p>
        </li>
      ))}
      {repeats !== null && <li className="mt-3 text-13 text-ink-2">{repeats}.</li>}
    </ol>
  )
}

function Gap({ gapMs, height }: { gapMs: number | null; height: number }) {
  return (
    <div className="ml-[7px] flex items-center border-l-2 border-line pl-[19px] text-12 text-ink-2" style={{ height }}>
      {gapMs !== null && height >= 20 ? `${formatMs(gapMs)} later` : ''}
    </div>
  )
}

function StepLine({ step }: { step: TimelineStep }) {
  const zone = useZone()
  const { name, icon: Icon, tone } = LOOKS[step.step]
  return (
    <div className="flex items-start gap-3">
      <Icon size={16} aria-hidden className={`mt-0.5 shrink-0 ${tone}`} />
      <div className="min-w-0">
        <p className="flex flex-wrap items-baseline gap-x-3">
          <strong className={`font-semibold ${tone}`}>{name}</strong>
          {step.at === null ? (
            <Unknown reason="Nobody kept when: the record has left the log." />
          ) : (
            <time dateTime={step.at} data-hint={fullTime(step.at, zone)} className="text-13 text-ink-2">
              {clockTime(step.at, zone)}.{step.at.slice(20, 23)}
            </time>
          )}
          {step.gapMs !== null && <span className="sr-only">, {formatMs(step.gapMs)} later</span>}
        </p>
        <p className="text-13 break-words text-ink-2">
          {step.source !== undefined &&
            `partition ${step.source.partition}, offset ${formatCount(step.source.offset)} `}
          {step.reason !== undefined && `${step.reason}: `}
          {step.detail !== undefined && <VisibleText text={step.detail} />}
          {step.by !== undefined && (
            <>
              by <VisibleText text={step.by} />
              {step.edited === true && ', edited'}
            </>
          )}
          {step.note !== undefined && (
            <>
              : <VisibleText text={step.note} />
            </>
          )}
        </p>
      </div>
    </div>
  )
}
