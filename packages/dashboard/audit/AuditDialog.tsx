'use client'

import type { AuditEntry } from '@sluice/contract/admin-api/audit'
import { VisibleText } from '../cells/VisibleText.tsx'
import { Dialog } from '../ui/Dialog.tsx'
import { Scroller } from '../ui/Scroller.tsx'
import { ACTION_NAMES } from './AuditView.tsx'

/** What was before one change, and after it. */
export function AuditDialog({ entry, onClose }: { entry: AuditEntry | null; onClose: () => void }) {
  return (
    <Dialog
      title={entry === null ? 'Change' : `${ACTION_NAMES[entry.action]}: before and after`}
      isOpen={entry !== null}
      onClose={onClose}
      shape="right"
    >
      {entry !== null && (
        <div className="flex flex-col gap-4 text-13">
          <p className="text-ink-2">
            Asked for by <VisibleText text={entry.by} />, which is what they call themselves.
          </p>
          {entry.note !== null && (
            <p>
              <VisibleText text={entry.note} />
            </p>
          )}
          <State title="Before" value={entry.before} />
          <State title="After" value={entry.after} />
        </div>
      )}
    </Dialog>
  )
}

const State = ({ title, value }: { title: string; value: object | null }) => (
  <section aria-label={title} className="flex flex-col gap-1">
    <h3 className="text-14 font-medium">{title}</h3>
    {value === null ? (
      <p className="text-ink-2">Nothing was there.</p>
    ) : (
      <Scroller label={title} className="rounded-sm bg-sunken p-3">
        <pre className="text-12">
          <VisibleText text={JSON.stringify(value, null, 2)} />
        </pre>
      </Scroller>
    )}
  </section>
)
