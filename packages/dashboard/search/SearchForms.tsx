'use client'

import { type FormEvent, type ReactNode, useId } from 'react'
import { formatUtcTime, parseUtcTime } from '../forms/utc-time.ts'
import { useAdmin } from '../shell/polling.tsx'
import { useQueryStates } from '../shell/use-query-states.ts'
import { Button } from '../ui/Button.tsx'
import { Search } from '../ui/icons.tsx'
import { searchParams } from './search-params.ts'

const NOTHING = { q: null, eventId: null, idempotencyKey: null, type: null, since: null, until: null, cursor: null }

/** The text of a field of a form; null when it is empty. */
const textOf = (event: FormEvent<HTMLFormElement>, name: string): string | null => {
  const value = new FormData(event.currentTarget).get(name)
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null
}

/** Whatever a person has in the clipboard goes in here. */
export function SearchBox() {
  const [{ q }, setSearch] = useQueryStates(searchParams, { history: 'push' })
  const hintId = useId()
  return (
    <search>
      <form
        className="flex max-w-2xl flex-col gap-1"
        onSubmit={(event) => {
          event.preventDefault()
          void setSearch({ ...NOTHING, q: textOf(event, 'q') })
        }}
      >
        <div className="flex gap-2">
          <input
            // Another search from the address, such as by going back, shows in the box.
            key={q}
            name="q"
            type="search"
            aria-label="Receipt, event id or idempotency key"
            aria-describedby={hintId}
            placeholder="Receipt, event id or idempotency key"
            defaultValue={q ?? ''}
            spellCheck={false}
            autoComplete="off"
            className="control h-9! min-w-0 flex-1 text-14!"
          />
          <Button type="submit" tone="primary" className="h-9!" icon={<Search size={16} aria-hidden />}>
            Find
          </Button>
        </div>
        <p id={hintId} className="text-12 text-ink-2">
          Paste any of them, or the whole event as JSON.
        </p>
      </form>
    </search>
  )
}

/** For those who know what they have. */
export function NamedForms() {
  const [{ tenant, eventId, idempotencyKey, type, since, until }, setSearch] = useQueryStates(searchParams, {
    history: 'push',
  })
  const hasValues = [eventId, idempotencyKey, type, since, until].some((value) => value !== null)
  return (
    <details open={hasValues || undefined} className="max-w-4xl">
      <summary className="min-h-6 text-13 text-accent">Search by one field, or browse by type and time</summary>
      <div className="grid gap-x-8 gap-y-4 pt-3 md:grid-cols-3">
        <NamedForm
          title="By event id"
          onSearch={(event) =>
            void setSearch({ ...NOTHING, tenant: textOf(event, 'tenant'), eventId: textOf(event, 'eventId') })
          }
        >
          <TenantField tenant={tenant} />
          <TextField name="eventId" label="Event id" value={eventId} />
        </NamedForm>
        <NamedForm
          title="By idempotency key"
          onSearch={(event) =>
            void setSearch({
              ...NOTHING,
              tenant: textOf(event, 'tenant'),
              idempotencyKey: textOf(event, 'idempotencyKey'),
            })
          }
        >
          <TenantField tenant={tenant} />
          <TextField name="idempotencyKey" label="Idempotency key" value={idempotencyKey} />
        </NamedForm>
        <NamedForm
          title="Browse stored events"
          onSearch={(event) =>
            void setSearch({
              ...NOTHING,
              type: textOf(event, 'type'),
              since: timeOf(textOf(event, 'since')),
              until: timeOf(textOf(event, 'until')),
            })
          }
        >
          <TextField name="type" label="Event type" value={type} />
          <TimeField name="since" label="Stored since, UTC" value={since} />
          <TimeField name="until" label="Until, UTC" value={until} />
        </NamedForm>
      </div>
    </details>
  )
}

const timeOf = (text: string | null): Date | null => (text === null ? null : parseUtcTime(text))

function NamedForm({
  title,
  onSearch,
  children,
}: {
  title: string
  onSearch: (event: FormEvent<HTMLFormElement>) => void
  children: ReactNode
}) {
  return (
    <form
      aria-label={title}
      className="flex flex-col items-start gap-2"
      onSubmit={(event) => {
        event.preventDefault()
        onSearch(event)
      }}
    >
      <h2 className="text-13 font-medium">{title}</h2>
      {children}
      <Button type="submit">Find</Button>
    </form>
  )
}

function TenantField({ tenant }: { tenant: string | null }) {
  const { data } = useAdmin('tenants', {}, { poll: false })
  const known = data?.data.map(({ tenant_id }) => tenant_id) ?? []
  const names = tenant === null || known.includes(tenant) ? known : [tenant, ...known]
  return (
    <label className="flex w-full flex-col gap-0.5 text-12 text-ink-2">
      Tenant
      <select name="tenant" className="control w-full" defaultValue={tenant ?? ''} key={`${tenant} ${names.length}`}>
        <option value="">All tenants</option>
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  )
}

function TextField({ name, label, value }: { name: string; label: string; value: string | null }) {
  return (
    <label className="flex w-full flex-col gap-0.5 text-12 text-ink-2">
      {label}
      <input
        name={name}
        defaultValue={value ?? ''}
        key={value}
        maxLength={255}
        spellCheck={false}
        className="control w-full"
      />
    </label>
  )
}

function TimeField({ name, label, value }: { name: string; label: string; value: Date | null }) {
  return (
    <label className="flex w-full flex-col gap-0.5 text-12 text-ink-2">
      {label}
      <input
        name={name}
        defaultValue={value === null ? '' : formatUtcTime(value)}
        key={value?.getTime() ?? 0}
        placeholder="2026-01-31 12:00"
        pattern="\s*\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2})?)?Z?\s*"
        title="As 2026-01-31 12:00, in UTC"
        className="control w-full"
      />
    </label>
  )
}
