'use client'

import { useState } from 'react'
import { overviewParams } from '../search-params.ts'
import { loadLater } from '../shell/load-later.tsx'
import { useAdmin } from '../shell/polling.tsx'
import { QueryPanel } from '../shell/QueryPanel.tsx'
import { useQueryStates } from '../shell/use-query-states.ts'
import { AccountedLine } from './AccountedLine.tsx'
import { ComponentTable } from './ComponentTable.tsx'
import { LatestEvents } from './LatestEvents.tsx'
import { MetricCards } from './MetricCards.tsx'
import { overviewQuestions } from './questions.ts'
import { ThroughputChart } from './ThroughputChart.tsx'
import { TopEventTypes } from './TopEventTypes.tsx'
import { Verdict } from './Verdict.tsx'

const FirstRun = loadLater(() => import('./FirstRun.tsx').then(({ FirstRun: First }) => First))

/** Is it well; if not, where does it stand still. */
export function OverviewView() {
  const [{ tenant, range }] = useQueryStates(overviewParams)
  const ask = overviewQuestions({ tenant, range })
  const overview = useAdmin(...ask.overview)
  const throughput = useAdmin(...ask.throughput)
  const balance = useAdmin(...ask.balance)
  const topEventTypes = useAdmin(...ask.topEventTypes, { poll: 15_000 })
  const health = useAdmin(...ask.health)
  const events = useAdmin(...ask.events)
  const hasNothingYet =
    tenant === null &&
    events.data?.data.length === 0 &&
    overview.data?.events_last_5m === 0 &&
    overview.data.accepted_last_5m === 0 &&
    overview.data.dead_letters_open === 0
  // It stays when the first event arrives: whoever sent it wants to follow it, and nothing goes from under the pointer.
  const [isGuided, setGuided] = useState(hasNothingYet)
  if (hasNothingYet && !isGuided) setGuided(true)
  return (
    <div className="flex flex-col gap-6">
      <div className="flex flex-col gap-2">
        <Verdict query={overview} />
        <AccountedLine query={balance} />
      </div>
      {isGuided && <FirstRun hasArrived={!hasNothingYet} onClose={() => setGuided(false)} />}
      <MetricCards overview={overview} throughput={throughput} />
      <QueryPanel title="Throughput" query={throughput} minHeight={256}>
        {(data) => <ThroughputChart data={data.data} range={range} />}
      </QueryPanel>
      <div className="grid gap-x-8 gap-y-6 xl:grid-cols-2">
        <QueryPanel title="Top event types" query={topEventTypes} minHeight={200}>
          {(data) => <TopEventTypes data={data.data} since={data.since} />}
        </QueryPanel>
        <QueryPanel title="Components" query={health} minHeight={200}>
          {(data) => <ComponentTable components={data.components} />}
        </QueryPanel>
      </div>
      <QueryPanel title="Latest events" query={events} minHeight={340}>
        {(data) => <LatestEvents events={data.data} tenant={tenant} />}
      </QueryPanel>
    </div>
  )
}
