'use client'

import { countOf, formatCount } from '../format.ts'
import { TextFilter } from '../forms/TextFilter.tsx'
import { usePolling } from '../shell/polling.tsx'
import { useQueryStates } from '../shell/use-query-states.ts'
import { Badge, type Tone } from '../ui/Badge.tsx'
import { Button } from '../ui/Button.tsx'
import { EmptyMessage } from '../ui/EmptyMessage.tsx'
import { CircleAlert, CircleCheck, CircleDashed, type Icon as IconShape, Pause, TriangleAlert } from '../ui/icons.tsx'
import { LiveTable } from './LiveTable.tsx'
import { leftOutWords } from './live-rows.ts'
import { LIVE_OUTCOMES, liveParams } from './search-params.ts'
import { type Live, type LiveConnection, useLive } from './use-live.ts'

const OUTCOME_NAMES: Record<(typeof LIVE_OUTCOMES)[number], string> = {
  accepted: 'Accepted',
  stored: 'Stored',
  dead_lettered: 'Dead-lettered',
}

/** What happens now. Pause, in the bar above, keeps counting. */
export function LiveView() {
  const [view, setView] = useQueryStates(liveParams, { history: 'push' })
  const { isPaused } = usePolling()
  const live = useLive({ tenant: view.tenant, eventType: view.type, outcome: view.outcome }, isPaused)
  const isFiltered = view.tenant !== null || view.type !== null || view.outcome !== null
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <select
          aria-label="Outcome"
          className="control"
          value={view.outcome ?? ''}
          onChange={(event) => void setView({ outcome: liveParams.outcome.parse(event.target.value) })}
        >
          <option value="">Any outcome</option>
          {LIVE_OUTCOMES.map((outcome) => (
            <option key={outcome} value={outcome}>
              {OUTCOME_NAMES[outcome]}
            </option>
          ))}
        </select>
        <TextFilter
          key={`type ${view.type}`}
          label="Event type"
          value={view.type}
          onApply={(type) => void setView({ type })}
        />
        {isFiltered && (
          <Button tone="quiet" onClick={() => void setView({ tenant: null, type: null, outcome: null })}>
            Clear filter
          </Button>
        )}
        <LiveState live={live} isPaused={isPaused} />
      </div>
      {live.rows.length === 0 ? (
        <NothingYet live={live} isFiltered={isFiltered} />
      ) : (
        <LiveTable rows={live.rows} isPaused={isPaused} />
      )}
    </div>
  )
}

type Look = { word: string; tone: Tone; icon: IconShape }
const CONNECTIONS: Record<LiveConnection, Look> = {
  connecting: { word: 'Connecting', tone: 'neutral', icon: CircleDashed },
  open: { word: 'Live', tone: 'ok', icon: CircleCheck },
  interrupted: { word: 'Interrupted', tone: 'warn', icon: TriangleAlert },
  lost: { word: 'Connection lost', tone: 'bad', icon: CircleAlert },
  refused: { word: 'Not connected', tone: 'bad', icon: CircleAlert },
}
const PAUSED: Look = { word: 'Paused', tone: 'warn', icon: Pause }

/** Whether it is live, and what it does not show. A connection that is lost is no silence. */
function LiveState({ live, isPaused }: { live: Live; isPaused: boolean }) {
  const { word, tone, icon: Icon } = isPaused && live.connection === 'open' ? PAUSED : CONNECTIONS[live.connection]
  const leftOut = live.leftOut === null ? null : leftOutWords(live.leftOut)
  const words = [
    isPaused && live.passed > 0 ? `${formatCount(live.passed)} passed` : null,
    live.connection === 'interrupted' ? 'log or store cannot be read now; nothing is missed' : null,
    live.connection === 'lost' ? 'trying again; nothing is missed' : null,
    leftOut,
  ].filter((part) => part !== null)
  return (
    <p role="status" className="ml-auto flex flex-wrap items-center gap-2 text-12 text-ink-2">
      <Badge tone={tone} icon={<Icon size={14} aria-hidden />}>
        {word}
      </Badge>
      {words.join(' · ')}
      {live.rows.length > 0 && <span>{countOf(live.rows.length, 'row')}</span>}
    </p>
  )
}

function NothingYet({ live, isFiltered }: { live: Live; isFiltered: boolean }) {
  switch (live.connection) {
    case 'refused':
      return (
        <EmptyMessage title="The stream of events cannot be opened.">
          <p>The Admin API does not answer, too many streams are open, or nobody is signed in any more.</p>
          <Button onClick={live.retry}>Try again</Button>
        </EmptyMessage>
      )
    case 'connecting':
      return <EmptyMessage title="Connecting …" />
    default:
      return (
        <EmptyMessage title={isFiltered ? 'Nothing that matches has happened yet.' : 'Nothing has happened yet.'}>
          <p>What is accepted, stored or set aside from now on is shown here, newest first.</p>
        </EmptyMessage>
      )
  }
}
