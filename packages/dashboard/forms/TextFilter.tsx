'use client'

import { useState } from 'react'

/** A text of a filter, applied by Enter or on leaving the field with another one. */
export function TextFilter({
  label,
  value,
  onApply,
}: {
  label: string
  value: string | null
  onApply: (text: string | null) => void
}) {
  const [typed, setTyped] = useState(value ?? '')
  const apply = () => {
    const next = typed.trim() === '' ? null : typed.trim()
    if (next !== value) onApply(next)
  }
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        apply()
      }}
    >
      <input
        aria-label={label}
        placeholder={label}
        value={typed}
        maxLength={255}
        spellCheck={false}
        onChange={(event) => setTyped(event.target.value)}
        onBlur={apply}
        className="control w-36"
      />
    </form>
  )
}
