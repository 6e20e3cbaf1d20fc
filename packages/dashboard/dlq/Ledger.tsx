'use client'

import { ExportLinks } from '../export/ExportLinks.tsx'
import { countOf, formatCount } from '../format.ts'
import { useAdmin } from '../shell/polling.tsx'
import { QueryPanel } from '../shell/QueryPanel.tsx'
import { useQueryStates } from '../shell/use-query-states.ts'
import { Button } from '../ui/Button.tsx'
import { Wrench } from '../ui/icons.tsx'
import { DeadLetterList } from './DeadLetterList.tsx'
import { FilterBar } from './FilterBar.tsx'
import { GroupTable } from './GroupTable.tsx'
import { filterWords, toAskedFilter } from './list-filter.ts'
import { deadLetterQuestions } from './questions.ts'
import { deadLetterParams } from './search-params.ts'

type LedgerProps = { selected: ReadonlySet<string>; onSelect: (ids: ReadonlySet<string>) => void }

/** Groups first: which failures there are. Then the dead letters of the filter. */
export function Ledger({ selected, onSelect }: LedgerProps) {
  const [view, setView] = useQueryStates(deadLetterParams, { history: 'push' })
  const ask = deadLetterQuestions(view)
  const groups = useAdmin(...ask.groups, { keepLast: true })
  const count = useAdmin(...ask.count, { keepLast: true })
  const words = filterWords(view)
  const matching =
    count.data === undefined ? '' : `${formatCount(count.data.count)}${count.data.exact ? '' : '+'} match`
  return (
    <div className="flex flex-col gap-6">
      <QueryPanel title="What failed" query={groups} minHeight={140}>
        {(data) => <GroupTable groups={data} />}
      </QueryPanel>
      <section aria-labelledby="letters" className="flex min-w-0 flex-col gap-3">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
          <h2 id="letters" className="text-16 font-semibold">
            {selected.size > 0
              ? `${countOf(selected.size, 'dead letter')} selected`
              : words === '' || words.startsWith('of ')
                ? `${STATE_TITLES[view.state]} ${words}`.trim()
                : words}
          </h2>
          <span className="text-13 text-ink-2">{matching}</span>
          <div className="ml-auto flex flex-wrap gap-2">
            {selected.size === 0 && <ExportLinks list="dead-letters" query={toAskedFilter(view)} />}
            {selected.size > 0 && <Button onClick={() => onSelect(new Set())}>Clear selection</Button>}
            <Button
              tone="primary"
              icon={<Wrench size={14} aria-hidden />}
              disabledReason={count.data?.count === 0 && selected.size === 0 ? 'Nothing matches the filter.' : null}
              onClick={() => void setView({ bench: true, cursor: null, id: null })}
            >
              {selected.size > 0 ? `Repair ${formatCount(selected.size)}` : 'Repair these'}
            </Button>
          </div>
        </div>
        <FilterBar />
        <DeadLetterList key={JSON.stringify(ask.list)} selected={selected} onSelect={onSelect} />
      </section>
    </div>
  )
}

const STATE_TITLES = {
  open: 'All that are open',
  redriving: 'All that are being redriven',
  redriven: 'All that were redriven',
  dismissed: 'All that were dismissed',
  any: 'All of them',
}
