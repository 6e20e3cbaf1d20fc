'use client'

import { useId } from 'react'
import { Button } from '../../ui/Button.tsx'
import { IconButton } from '../../ui/IconButton.tsx'
import { Plus, Trash2 } from '../../ui/icons.tsx'
import { PATCH_OPS, type PatchRow } from './patch-rows.ts'

type EditStepProps = {
  rows: readonly PatchRow[]
  onChange: (rows: readonly PatchRow[]) => void
  errors: ReadonlyMap<number, string> | null
  onNext: () => void
}

/** What is changed in each event before it is redriven: a JSON Patch, written as a form. Nothing at all is a choice, too. */
export function EditStep({ rows, onChange, errors, onNext }: EditStepProps) {
  const add = () => onChange([...rows, { key: (rows.at(-1)?.key ?? 0) + 1, op: 'add', path: '', from: '', value: '' }])
  const replace = (row: PatchRow) => onChange(rows.map((now) => (now.key === row.key ? row : now)))
  return (
    <>
      <p className="text-13 text-ink-2">
        Each operation is applied to every chosen event. What is not named keeps its bytes; the original stays in the
        dead letter's history.
      </p>
      {rows.length === 0 && <p className="text-14">Redriven unchanged.</p>}
      <ol className="flex flex-col gap-2">
        {rows.map((row, index) => (
          <li key={row.key}>
            <OperationFields
              row={row}
              label={`Operation ${index + 1}`}
              error={errors?.get(row.key) ?? null}
              onChange={replace}
              onRemove={() => onChange(rows.filter(({ key }) => key !== row.key))}
            />
          </li>
        ))}
      </ol>
      <div className="flex flex-wrap gap-2">
        <Button icon={<Plus size={14} aria-hidden />} onClick={add}>
          Add an operation
        </Button>
        <Button
          tone="primary"
          disabledReason={errors === null ? null : 'An operation is not complete.'}
          onClick={onNext}
        >
          {rows.length === 0 ? 'Leave unchanged' : 'Use this edit'}
        </Button>
      </div>
    </>
  )
}

type OperationFieldsProps = {
  row: PatchRow
  label: string
  error: string | null
  onChange: (row: PatchRow) => void
  onRemove: () => void
}

function OperationFields({ row, label, error, onChange, onRemove }: OperationFieldsProps) {
  const errorId = useId()
  const isMove = row.op === 'move' || row.op === 'copy'
  // Before anything is typed nothing is wrong yet.
  const shown = error !== null && (row.path !== '' || row.value !== '' || row.from !== '') ? error : null
  const describedBy = shown === null ? undefined : errorId
  return (
    <fieldset className="flex flex-col gap-1">
      <legend className="sr-only">{label}</legend>
      <div className="flex flex-wrap items-center gap-2">
        <select
          aria-label="What"
          className="control"
          value={row.op}
          onChange={(event) => onChange({ ...row, op: PATCH_OPS.find((op) => op === event.target.value) ?? 'add' })}
        >
          {PATCH_OPS.map((op) => (
            <option key={op}>{op}</option>
          ))}
        </select>
        {isMove && (
          <input
            aria-label="From"
            placeholder="/from"
            value={row.from}
            spellCheck={false}
            aria-describedby={describedBy}
            onChange={(event) => onChange({ ...row, from: event.target.value })}
            className="control w-40 font-mono"
          />
        )}
        <input
          aria-label="Path"
          placeholder="/event_type"
          value={row.path}
          spellCheck={false}
          aria-invalid={shown !== null}
          aria-describedby={describedBy}
          onChange={(event) => onChange({ ...row, path: event.target.value })}
          className="control w-48 font-mono"
        />
        {!isMove && row.op !== 'remove' && (
          <input
            aria-label="Value, as JSON"
            placeholder='"order.created"'
            value={row.value}
            spellCheck={false}
            aria-invalid={shown !== null}
            aria-describedby={describedBy}
            onChange={(event) => onChange({ ...row, value: event.target.value })}
            className="control min-w-48 flex-1 font-mono"
          />
        )}
        <IconButton label={`Remove ${label.toLowerCase()}`} onClick={onRemove}>
          <Trash2 size={16} aria-hidden />
        </IconButton>
      </div>
      {shown !== null && (
        <p id={errorId} className="text-13 text-bad">
          {shown}
        </p>
      )}
    </fieldset>
  )
}
