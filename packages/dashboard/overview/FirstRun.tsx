'use client'

import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { change } from '../admin-api/browser.ts'
import { explainError } from '../admin-api/errors.ts'
import { CopyButton } from '../cells/CopyButton.tsx'
import { StateBadge } from '../cells/StateBadge.tsx'
import { AppLink } from '../shell/AppLink.tsx'
import { useAdmin, useRefresh } from '../shell/polling.tsx'
import { Button } from '../ui/Button.tsx'
import { IconButton } from '../ui/IconButton.tsx'
import { X } from '../ui/icons.tsx'
import { urls } from '../urls.ts'

const LOADGEN = 'npm run loadgen -- --rps 4 --minutes 2 --duplicate-rate 0.1 --bad-rate 0.05'

/** The first screen: how to send an event, from here or from a terminal, and see it arrive. */
export function FirstRun({ hasArrived, onClose }: { hasArrived: boolean; onClose: () => void }) {
  const about = useAdmin('about', {}, { poll: 15_000 })
  return (
    <section aria-labelledby="first-run" className="flex flex-col gap-4 rounded-md bg-accent-bg px-4 py-4">
      <div className="flex items-start gap-3">
        <div className="min-w-0 flex-1">
          <h2 id="first-run" className="text-16 font-semibold">
            {hasArrived ? 'The first event has come in' : 'No event has come in yet'}
          </h2>
          <p className="text-13">
            {hasArrived
              ? 'It stands among the latest events below; its journey tells what became of it, step by step.'
              : 'Send the first one; it shows up here as soon as it is stored.'}
          </p>
        </div>
        {hasArrived && (
          <IconButton label="Close" onClick={onClose}>
            <X size={16} aria-hidden />
          </IconButton>
        )}
      </div>
      <SendTestEvent tenants={about.data?.test_tenants ?? []} />
      {about.data?.demo_curl != null && <Command label="Or from a terminal:" text={about.data.demo_curl} />}
      <Command label="Or a steady stream of them, with duplicates and bad ones among them:" text={LOADGEN} />
    </section>
  )
}

function Command({ label, text }: { label: string; text: string }) {
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <p className="text-13">{label}</p>
      <div className="flex items-start gap-1 rounded-sm bg-surface p-2">
        <code className="min-w-0 flex-1 text-12 break-all">{text}</code>
        <CopyButton text={text} what="the command" />
      </div>
    </div>
  )
}

function SendTestEvent({ tenants }: { tenants: readonly string[] }) {
  const [chosen, choose] = useState<string | null>(null)
  const refresh = useRefresh()
  const tenant = chosen ?? tenants[0]
  const send = useMutation({
    mutationFn: (tenant_id: string) =>
      change('testEvent', {}, { operation_id: crypto.randomUUID(), by: 'dashboard', tenant_id }),
    onSuccess: refresh,
  })
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Button
        tone="primary"
        disabledReason={
          tenant === undefined
            ? 'The Admin API holds no API key to send with: set API_KEYS for it.'
            : send.isPending
              ? 'Under way'
              : null
        }
        onClick={() => tenant !== undefined && send.mutate(tenant)}
      >
        Send a test event
      </Button>
      {tenants.length > 1 && (
        <label className="flex items-center gap-2 text-13">
          as
          <select className="control" value={tenant} onChange={(event) => choose(event.target.value)}>
            {tenants.map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      {send.isError && (
        <p role="alert" className="text-13 text-bad">
          {explainError(send.error).what} {explainError(send.error).wayOut}
        </p>
      )}
      {send.data !== undefined && <Arrival receiptId={send.data.receipt_id} />}
    </div>
  )
}

/** Watches one event arrive. */
function Arrival({ receiptId }: { receiptId: string }) {
  const { data } = useAdmin('receipt', { receipt_id: receiptId }, { poll: 1_000 })
  return (
    <p role="status" className="flex items-center gap-2 text-13">
      <StateBadge kind="receipt" state={data?.state ?? 'waiting'} />
      <AppLink href={urls.event(receiptId)}>See its journey</AppLink>
    </p>
  )
}
