'use client'

import type { DeadLetterBody } from '@sluice/contract/admin-api/dead-letters'
import { useState } from 'react'
import { loadLater } from '../shell/load-later.tsx'
import { Menu } from '../ui/Menu.tsx'
import { useRefusal } from './actions-context.ts'

const ChangeDialog = loadLater(() => import('./ChangeDialog.tsx').then(({ ChangeDialog: Dialog }) => Dialog))

/** What can be done with one dead letter, where it stands in the list. */
export function RowActions({ letter, onOpen }: { letter: DeadLetterBody; onOpen: () => void }) {
  const refusal = useRefusal()
  const [asking, setAsking] = useState<'redrive' | 'dismiss' | null>(null)
  return (
    <>
      <Menu
        label={`Actions for the one that failed at ${letter.failed_at}`}
        items={[
          { label: 'Open', onChoose: onOpen },
          { label: 'Redrive', onChoose: () => setAsking('redrive'), disabledReason: refusal(letter.state, 'redrive') },
          { label: 'Dismiss', onChoose: () => setAsking('dismiss'), disabledReason: refusal(letter.state, 'dismiss') },
        ]}
      />
      {asking !== null && <ChangeDialog letter={letter} action={asking} onClose={() => setAsking(null)} />}
    </>
  )
}
