import type { DeadLetterBody, DeadLetterHappening } from '@sluice/contract/admin-api/dead-letters'
import { TableTime } from '../cells/TableTime.tsx'
import { VisibleText } from '../cells/VisibleText.tsx'

const WORDS: Record<DeadLetterHappening, string> = {
  redriven: 'Redriven',
  failed_again: 'Failed again',
  dismissed: 'Dismissed',
  stored: 'Stored',
  opened_again: 'Opened again',
}

/** What was done with it, by whom. */
export function DeadLetterHistory({ steps }: { steps: NonNullable<DeadLetterBody['history']> }) {
  return (
    <section aria-label="History" className="flex flex-col gap-1">
      <h3 className="text-13 font-medium">What was done</h3>
      {steps.length === 0 ? (
        <p className="text-13 text-ink-2">Nothing yet.</p>
      ) : (
        <ol className="flex flex-col gap-1 text-13">
          {steps.map((step) => (
            <li key={`${step.at} ${step.what}`} className="flex flex-wrap gap-x-3">
              <TableTime at={step.at} />
              <span>
                {WORDS[step.what]} by <VisibleText text={step.by} />
                {step.edited === true && ', edited'}
              </span>
              {step.note !== null && (
                <span className="text-ink-2">
                  <VisibleText text={step.note} />
                </span>
              )}
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}
