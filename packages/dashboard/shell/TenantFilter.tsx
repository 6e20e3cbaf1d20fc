'use client'

import { useId, useState } from 'react'
import { viewParams } from '../search-params.ts'
import { IconButton } from '../ui/IconButton.tsx'
import { X } from '../ui/icons.tsx'
import { useAdmin } from './polling.tsx'
import { useQueryStates } from './use-query-states.ts'

/** The tenant that everything on the page is about; any name can be typed, those that are known are offered. Applied by Enter or by choosing. */
export function TenantFilter() {
  const [{ tenant }, setView] = useQueryStates(viewParams)
  const { data } = useAdmin('tenants', {}, { poll: 60_000 })
  const [typed, setTyped] = useState<string | null>(null)
  const listId = useId()
  const known = data?.data.map(({ tenant_id }) => tenant_id) ?? []
  const apply = (name: string) => {
    setTyped(null)
    const next = viewParams.tenant.parse(name.trim())
    // Another tenant has other pages, rows and marks: what pointed into the old ones goes.
    if (next !== tenant) void setView({ tenant: next })
  }
  return (
    <form
      className="flex min-w-0 items-center"
      onSubmit={(event) => {
        event.preventDefault()
        apply(typed ?? tenant ?? '')
      }}
    >
      <input
        aria-label="Tenant"
        placeholder="All tenants"
        list={listId}
        value={typed ?? tenant ?? ''}
        maxLength={64}
        spellCheck={false}
        autoComplete="off"
        enterKeyHint="go"
        onChange={(event) => {
          const { value } = event.target
          setTyped(value)
          // Chosen from the list rather than typed letter by letter.
          const isChosen =
            (event.nativeEvent as InputEvent).inputType === 'insertReplacementText' ||
            !('inputType' in event.nativeEvent)
          if (isChosen && known.includes(value)) apply(value)
        }}
        onBlur={() => setTyped(null)}
        className="control w-32 min-w-0 sm:w-36 xl:w-48"
      />
      <datalist id={listId}>
        {known.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {tenant !== null && (
        <IconButton label="All tenants" onClick={() => apply('')}>
          <X size={14} aria-hidden />
        </IconButton>
      )}
    </form>
  )
}
