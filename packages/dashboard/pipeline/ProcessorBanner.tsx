'use client'

import type { LagBody, LagHistoryBody } from '@sluice/contract/admin-api/lag'
import { useEffect } from 'react'
import type { Static } from 'typebox'
import { CopyButton } from '../cells/CopyButton.tsx'
import { countOf, formatCount, formatRate, formatSeconds } from '../format.ts'
import { useAnnounce } from '../shell/Announcer.tsx'
import { useNowMs, useZone } from '../shell/clock.tsx'
import { useAdmin } from '../shell/polling.tsx'
import { clockTime } from '../times.ts'
import { CircleCheck, CircleHelp, CirclePause, type Icon as IconShape, TrendingDown, TrendingUp } from '../ui/icons.tsx'
import { type ProcessorNews, processorNews } from './processor-news.ts'

type ProcessorBannerProps = { lag: LagBody; history: Static<typeof LagHistoryBody> | null }

const START = 'npx sluice dev start processor'

type Look = { icon: IconShape; tone: string }
const LOOKS: Record<ProcessorNews['type'], Look> = {
  unknown: { icon: CircleHelp, tone: 'bg-sunken text-ink' },
  never_ran: { icon: CirclePause, tone: 'bg-bad-bg text-bad' },
  stopped: { icon: CirclePause, tone: 'bg-bad-bg text-bad' },
  catching_up: { icon: TrendingDown, tone: 'bg-warn-bg text-warn' },
  growing: { icon: TrendingUp, tone: 'bg-bad-bg text-bad' },
  caught_up: { icon: CircleCheck, tone: 'bg-ok-bg text-ok' },
}

/** Whether the processor stands still, since when, and whether it will recover. */
export function ProcessorBanner({ lag, history }: ProcessorBannerProps) {
  const nowMs = useNowMs()
  const zone = useZone()
  const announce = useAnnounce()
  const about = useAdmin('about', {}, { poll: 60_000 })
  const news = processorNews(lag, history, nowMs)
  const type = news?.type ?? null
  // Once when it changes, not each second.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the sentence of this moment, told when the kind of news changes
  useEffect(() => {
    if (news !== null) announce(sentences(news, nowMs, zone).join(' '))
  }, [type])
  if (news === null) return null
  const { icon: Icon, tone } = LOOKS[news.type]
  const [first, ...rest] = sentences(news, nowMs, zone)
  const canStart = (news.type === 'stopped' || news.type === 'never_ran') && about.data?.access === 'loopback'
  return (
    <section aria-label="Processor" className={`flex items-start gap-3 rounded-md px-4 py-3 ${tone}`}>
      <Icon size={20} aria-hidden className="mt-0.5 shrink-0" />
      <div className="min-w-0">
        <p className="text-16 font-semibold">{first}</p>
        {rest.length > 0 && <p className="text-14 text-ink">{rest.join(' ')}</p>}
        {canStart && (
          <p className="mt-1 flex flex-wrap items-center gap-1 text-13 text-ink">
            Start it: <code className="rounded-sm bg-surface px-1.5 py-0.5 text-12">{START}</code>
            <CopyButton text={START} what="the command" />
          </p>
        )}
      </div>
    </section>
  )
}

function sentences(news: ProcessorNews, nowMs: number, zone: string): string[] {
  switch (news.type) {
    case 'unknown':
      return ['Whether the processor keeps up is unknown.', news.reason]
    case 'never_ran':
      return ['No processor has run yet.', waits(news.waiting)]
    case 'stopped':
      return [
        `Processor stopped: no heartbeat since ${clockTime(news.sinceMs, zone)} (${formatSeconds((nowMs - news.sinceMs) / 1000)}).`,
        waits(news.waiting),
      ]
    case 'catching_up': {
      const when = news.emptyInSeconds === null ? '' : `, empty in about ${formatSeconds(news.emptyInSeconds)}`
      const pace = news.perSecond === null ? '' : `, ${formatRate(news.perSecond)}`
      return [`Catching up: ${formatCount(news.waiting)} waiting${pace}${when}.`]
    }
    case 'growing': {
      const by = news.byPerSecond === null ? '' : ` by ${formatRate(news.byPerSecond)}`
      return [
        `Growing${by}; will not empty at this rate.`,
        `${countOf(news.waiting, 'event')} waiting. Add a processor, or look at what slows this one.`,
      ]
    }
    case 'caught_up':
      return [`Caught up after ${formatSeconds(news.afterSeconds)}.`]
    default:
      return news satisfies never
  }
}

function waits(waiting: number | null): string {
  if (waiting === null) return 'How many events wait in the log cannot be known now; none is lost.'
  return waiting === 0
    ? 'Nothing waits in the log.'
    : `${countOf(waiting, 'event')} ${waiting === 1 ? 'is' : 'are'} waiting in the log; none is lost.`
}
