'use client'

import { useId, useState } from 'react'
import { formatUtcTime, parseUtcTime } from './utc-time.ts'

type UtcTimeFieldProps = { label: string; value: Date | null; onApply: (time: Date | null) => void }

/** A time in UTC, whatever the browser's language. Applied on leaving the field or by Enter; what is no time is said so. */
export function UtcTimeField({ label, value, onApply }: UtcTimeFieldProps) {
  const [typed, setTyped] = useState(value === null ? '' : formatUtcTime(value))
  const [isWrong, setWrong] = useState(false)
  const errorId = useId()
  const apply = () => {
    const next = typed.trim() === '' ? null : parseUtcTime(typed)
    setWrong(next === null && typed.trim() !== '')
    if ((next !== null || typed.trim() === '') && next?.getTime() !== value?.getTime()) onApply(next)
  }
  return (
    <span className="flex flex-col">
      <input
        aria-label={`${label}, UTC`}
        placeholder={`${label}, 2026-01-31 12:00`}
        value={typed}
        spellCheck={false}
        aria-invalid={isWrong}
        aria-describedby={isWrong ? errorId : undefined}
        onChange={(event) => {
          setTyped(event.target.value)
          setWrong(false)
        }}
        onBlur={apply}
        onKeyDown={(event) => {
          if (event.key === 'Enter') apply()
        }}
        className="control w-48"
      />
      {isWrong && (
        <span id={errorId} role="alert" className="text-12 text-bad">
          As 2026-01-31 12:00, in UTC
        </span>
      )}
    </span>
  )
}
