'use client'

import { useState } from 'react'
import { loadLater } from '../shell/load-later.tsx'
import { PageHead } from '../shell/PageHead.tsx'
import { Skeleton } from '../shell/QueryPanel.tsx'
import { useQueryStates } from '../shell/use-query-states.ts'
import { Button } from '../ui/Button.tsx'
import { ActionsContext, type ActionTable } from './actions-context.ts'
import { Ledger } from './Ledger.tsx'
import { deadLetterParams } from './search-params.ts'

/** Loaded when somebody opens them: the list is there without. */
const RepairBench = loadLater(() => import('./bench/RepairBench.tsx').then(({ RepairBench: Bench }) => Bench))
const DeadLetterPanel = loadLater(() => import('./DeadLetterPanel.tsx').then(({ DeadLetterPanel: Panel }) => Panel))
const RedriveJobs = loadLater(
  () => import('./RedriveJobs.tsx').then(({ RedriveJobs: Jobs }) => Jobs),
  <Skeleton label="Redrive jobs" height={116} />,
)
const TopicSample = loadLater(
  () => import('./TopicSample.tsx').then(({ TopicSample: Sample }) => Sample),
  <Skeleton label="Topic" height={400} />,
)

/** What failed, why, and how to repair it. */
export function DeadLettersView({ actions }: { actions: ActionTable }) {
  const [view, setView] = useQueryStates(deadLetterParams, { history: 'push' })
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const [hasOpened, setOpened] = useState(view.id !== null)
  if (view.id !== null && !hasOpened) setOpened(true)
  const isBench = view.bench || view.job !== null
  return (
    <ActionsContext value={actions}>
      <PageHead title={isBench ? 'Repair bench' : 'Dead letters'}>
        {isBench ? (
          <Button onClick={() => void setView({ bench: null, job: null })}>Back to the list</Button>
        ) : (
          <nav aria-label="Views of the dead letters" className="flex gap-1">
            <ViewButton isCurrent={view.view === 'ledger'} onChoose={() => void setView({ view: null })}>
              Ledger
            </ViewButton>
            <ViewButton isCurrent={view.view === 'topic'} onChoose={() => void setView({ view: 'topic' })}>
              Topic
            </ViewButton>
          </nav>
        )}
      </PageHead>
      {isBench ? (
        <RepairBench selected={selected} />
      ) : view.view === 'topic' ? (
        <TopicSample />
      ) : (
        <div className="flex flex-col gap-6">
          <Ledger selected={selected} onSelect={setSelected} />
          <RedriveJobs />
        </div>
      )}
      {hasOpened && <DeadLetterPanel id={view.id} onClose={() => void setView({ id: null })} />}
    </ActionsContext>
  )
}

function ViewButton({ isCurrent, onChoose, children }: { isCurrent: boolean; onChoose: () => void; children: string }) {
  return (
    <Button
      tone="quiet"
      aria-current={isCurrent ? 'page' : undefined}
      onClick={onChoose}
      className={isCurrent ? 'bg-accent-bg text-accent!' : ''}
    >
      {children}
    </Button>
  )
}
