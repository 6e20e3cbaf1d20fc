'use client'

import { sumOf } from '../overview/minute-sums.ts'
import { loadLater } from '../shell/load-later.tsx'
import { useAdmin } from '../shell/polling.tsx'
import { QueryPanel, Skeleton } from '../shell/QueryPanel.tsx'
import { useQueryStates } from '../shell/use-query-states.ts'
import { BacklogTable } from './BacklogTable.tsx'
import { PartitionTable } from './PartitionTable.tsx'
import { LagCharts, ProcessedChart } from './PipelineCharts.tsx'
import { ProcessorBanner } from './ProcessorBanner.tsx'
import { processorState } from './processor-news.ts'
import { pipelineQuestions } from './questions.ts'
import { StageDiagram } from './StageDiagram.tsx'
import { pipelineParams } from './search-params.ts'

const ConservationPanel = loadLater(
  () => import('./ConservationPanel.tsx').then(({ ConservationPanel: Panel }) => Panel),
  <Skeleton label="Conservation" height={220} />,
)

/** Where an event is on its way, and where it stands still. */
export function PipelineView() {
  const [{ tenant, range }] = useQueryStates(pipelineParams)
  const ask = pipelineQuestions({ tenant, range })
  const lag = useAdmin(...ask.lag)
  const history = useAdmin(...ask.lagHistory, { poll: 5_000 })
  const backlog = useAdmin(...ask.backlog)
  const overview = useAdmin(...ask.overview)
  const throughput = useAdmin(...ask.throughput)
  const balance = useAdmin(...ask.balance)
  const lastMinute = throughput.data?.data.filter(({ complete }) => complete).slice(-1) ?? null
  return (
    <div className="flex flex-col gap-6">
      {lag.data !== undefined && <ProcessorBanner lag={lag.data} history={history.data ?? null} />}
      <QueryPanel title="The way of an event" isTitleHidden query={lag} minHeight={128}>
        {(data) => (
          <StageDiagram
            numbers={{
              appendedPerSecond: data.appended_per_second,
              settledPerSecond: data.settled_per_second,
              storedPerMinute: lastMinute === null ? null : sumOf(lastMinute, 'stored'),
              deadLetteredPerMinute: lastMinute === null ? null : sumOf(lastMinute, 'dead_lettered'),
              waiting: data.total_lag,
              behindSeconds: data.behind_seconds,
              openDeadLetters: overview.data?.dead_letters_open ?? null,
              processor: processorState(data),
            }}
          />
        )}
      </QueryPanel>
      <QueryPanel title="Processed per minute" query={throughput} minHeight={196}>
        {(data) => <ProcessedChart data={data.data} history={history.data} />}
      </QueryPanel>
      <QueryPanel title="Lag" query={history} minHeight={216}>
        {(data) => <LagCharts history={data} />}
      </QueryPanel>
      <div className="grid gap-x-8 gap-y-6 xl:grid-cols-2">
        <QueryPanel title="Partitions" query={lag} minHeight={280}>
          {(data) => <PartitionTable lag={data} />}
        </QueryPanel>
        <QueryPanel title="Waiting by tenant" query={backlog} minHeight={200}>
          {(data) => <BacklogTable backlog={data} />}
        </QueryPanel>
      </div>
      <QueryPanel
        title={tenant === null ? 'Conservation' : `Conservation of ${tenant}`}
        query={balance}
        minHeight={220}
      >
        {(data) => <ConservationPanel balance={data} />}
      </QueryPanel>
    </div>
  )
}
