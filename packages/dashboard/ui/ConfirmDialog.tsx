'use client'

import { type ReactNode, useId, useState } from 'react'
import { Button } from './Button.tsx'
import { Dialog } from './Dialog.tsx'

type ConfirmDialogProps = {
  title: string
  /** What will happen, to how many, for whom. */
  children: ReactNode
  /** Verb and number: "Redrive 137". */
  action: string
  isOpen: boolean
  isDanger?: boolean
  pending: boolean
  /** Why it did not work; null while nothing failed. */
  error: ReactNode | null
  /** When given, a note is asked for; true makes it required. */
  note?: { label: string; isRequired: boolean }
  onConfirm: (note: string) => void
  onClose: () => void
}

/** Asks before something is changed. The focus starts on Cancel. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { title, children, action, isOpen, isDanger = false, pending, error, note, onConfirm, onClose } = props
  return (
    <Dialog title={title} isOpen={isOpen} onClose={onClose}>
      <ConfirmForm key={String(isOpen)} {...{ action, isDanger, pending, error, note, onConfirm, onClose }}>
        {children}
      </ConfirmForm>
    </Dialog>
  )
}

type FormProps = Pick<
  ConfirmDialogProps,
  'children' | 'action' | 'pending' | 'error' | 'note' | 'onConfirm' | 'onClose'
> & {
  isDanger: boolean
}

function ConfirmForm({ children, action, isDanger, pending, error, note, onConfirm, onClose }: FormProps) {
  const [text, setText] = useState('')
  const [isMissing, setMissing] = useState(false)
  const [noteId, errorId] = [useId(), useId()]
  const submit = () => {
    if (note?.isRequired === true && text.trim() === '') return setMissing(true)
    onConfirm(text.trim())
  }
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        if (!pending) submit()
      }}
    >
      <div className="flex flex-col gap-2 text-14">{children}</div>
      {note !== undefined && (
        <div className="flex flex-col gap-1">
          <label htmlFor={noteId} className="text-13 font-medium">
            {note.label}
          </label>
          <textarea
            id={noteId}
            value={text}
            maxLength={1_000}
            rows={3}
            aria-required={note.isRequired}
            aria-invalid={isMissing}
            aria-describedby={isMissing ? errorId : undefined}
            onChange={(event) => {
              setText(event.target.value)
              setMissing(false)
            }}
            className="rounded-sm border border-control bg-surface p-2 text-13"
          />
          {isMissing && (
            <p id={errorId} role="alert" className="text-13 text-bad">
              Say why: whoever looks at it later will want to know.
            </p>
          )}
        </div>
      )}
      {error !== null && (
        <div role="alert" className="rounded-sm bg-bad-bg p-3 text-13 text-bad">
          {error}
        </div>
      )}
      <div className="flex justify-end gap-2">
        <Button data-focus-first onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" tone={isDanger ? 'danger' : 'primary'} disabledReason={pending ? 'Under way' : null}>
          {pending ? 'Under way …' : action}
        </Button>
      </div>
    </form>
  )
}
