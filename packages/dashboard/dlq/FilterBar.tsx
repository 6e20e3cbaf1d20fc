'use client'

import { DEAD_LETTER_REASONS } from '@sluice/contract/dead-letter'
import { TextFilter } from '../forms/TextFilter.tsx'
import { UtcTimeField } from '../forms/UtcTimeField.tsx'
import { useQueryStates } from '../shell/use-query-states.ts'
import { Button } from '../ui/Button.tsx'
import { deadLetterParams } from './search-params.ts'

const STATE_NAMES = {
  open: 'Open',
  redriving: 'Redriving',
  redriven: 'Redriven',
  dismissed: 'Dismissed',
  any: 'Any state',
}
const FIRST_PAGE = { cursor: null, id: null }
const NOTHING = {
  state: null,
  reason: null,
  pointer: null,
  type: null,
  since: null,
  until: null,
  q: null,
  from_job: null,
  ...FIRST_PAGE,
}

/** The list's filter; it is the address. A changed filter begins at the first page. */
export function FilterBar() {
  const [view, setView] = useQueryStates(deadLetterParams, { history: 'push' })
  const isFiltered =
    [view.reason, view.pointer, view.type, view.since, view.until, view.q, view.from_job].some(
      (value) => value !== null,
    ) || view.state !== 'open'
  return (
    <div className="flex flex-wrap items-center gap-2">
      <select
        aria-label="State"
        className="control"
        value={view.state}
        onChange={(event) => void setView({ state: deadLetterParams.state.parse(event.target.value), ...FIRST_PAGE })}
      >
        {Object.entries(STATE_NAMES).map(([state, name]) => (
          <option key={state} value={state}>
            {name}
          </option>
        ))}
      </select>
      <select
        aria-label="Reason"
        className="control max-w-52"
        value={view.reason ?? ''}
        onChange={(event) =>
          void setView({ reason: deadLetterParams.reason.parse(event.target.value), pointer: null, ...FIRST_PAGE })
        }
      >
        <option value="">Any reason</option>
        {DEAD_LETTER_REASONS.map((reason) => (
          <option key={reason} value={reason}>
            {reason}
          </option>
        ))}
      </select>
      <TextFilter
        key={`type ${view.type}`}
        label="Event type"
        value={view.type}
        onApply={(type) => void setView({ type, ...FIRST_PAGE })}
      />
      <TextFilter key={`q ${view.q}`} label="Text" value={view.q} onApply={(q) => void setView({ q, ...FIRST_PAGE })} />
      {/* One line for both, or both go to the next. */}
      <div className="flex flex-wrap gap-2">
        <UtcTimeField
          key={`since ${view.since?.getTime()}`}
          label="Since"
          value={view.since}
          onApply={(since) => void setView({ since, ...FIRST_PAGE })}
        />
        <UtcTimeField
          key={`until ${view.until?.getTime()}`}
          label="Until"
          value={view.until}
          onApply={(until) => void setView({ until, ...FIRST_PAGE })}
        />
      </div>
      {isFiltered && (
        <Button tone="quiet" onClick={() => void setView(NOTHING)}>
          Clear filter
        </Button>
      )}
    </div>
  )
}
