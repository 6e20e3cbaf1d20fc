'use client'

import type { DeadLetterBody } from '@sluice/contract/admin-api/dead-letters'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { change } from '../admin-api/browser.ts'
import { VisibleText } from '../cells/VisibleText.tsx'
import { ErrorSentence } from '../shell/ErrorSentence.tsx'
import { ConfirmDialog } from '../ui/ConfirmDialog.tsx'
import { useToast } from '../ui/Toast.tsx'

type ChangeDialogProps = { letter: DeadLetterBody; action: 'redrive' | 'dismiss'; onClose: () => void }

/** Asks before one dead letter is redriven or dismissed. One opening is one operation, however often the button is pressed. */
export function ChangeDialog({ letter, action, onClose }: ChangeDialogProps) {
  const client = useQueryClient()
  const tell = useToast()
  const [operationId] = useState(() => crypto.randomUUID())
  const mutation = useMutation({
    mutationFn: (note: string) => {
      const asked = { operation_id: operationId, by: 'dashboard' }
      if (action === 'dismiss') return change('dismiss', { id: letter.id }, { ...asked, note })
      return change('redriveOne', { id: letter.id }, { ...asked, ...(note === '' ? {} : { note }) })
    },
    onSuccess: ({ dead_letter }) => {
      client.setQueryData(['deadLetter', { id: letter.id }], { ...letter, ...dead_letter })
      void client.invalidateQueries()
      tell('done', action === 'dismiss' ? 'Dismissed.' : 'Redriving: its row shows what comes of it.')
      onClose()
    },
  })
  const words = WORDS[action]
  return (
    <ConfirmDialog
      isOpen
      title={words.title}
      action={words.action}
      isDanger={action === 'dismiss'}
      pending={mutation.isPending}
      error={mutation.isError ? <ErrorSentence error={mutation.error} /> : null}
      note={{ label: words.note, isRequired: action === 'dismiss' }}
      onConfirm={(note) => mutation.mutate(note)}
      onClose={onClose}
    >
      <p>{words.what}</p>
      <p className="text-13 break-words text-ink-2">
        {letter.reason} {letter.pointer !== null && <VisibleText text={letter.pointer.slice(0, 200)} />}, tenant{' '}
        {letter.tenant_id ?? 'not readable'}
        {letter.event_id !== null && (
          <>
            , event <VisibleText text={letter.event_id.slice(0, 120)} />
          </>
        )}
        .
      </p>
    </ConfirmDialog>
  )
}

const WORDS = {
  redrive: {
    title: 'Redrive one dead letter',
    what: 'Its record is appended to the log again, unchanged. If it is stored, the dead letter closes; if it fails again, it is open with one attempt more.',
    action: 'Redrive 1',
    note: 'Note (may be left out)',
  },
  dismiss: {
    title: 'Dismiss one dead letter',
    what: 'It is closed without being stored: its event will never be in the store. It stays dismissed when the same event comes again.',
    action: 'Dismiss 1',
    note: 'Why it is not needed',
  },
}
