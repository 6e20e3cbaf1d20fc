'use client'

import type { DeadLetterBody } from '@sluice/contract/admin-api/dead-letters'
import { type ReactNode, useState } from 'react'
import { CopyButton } from '../cells/CopyButton.tsx'
import { Identifier } from '../cells/Identifier.tsx'
import { StateBadge } from '../cells/StateBadge.tsx'
import { TableTime } from '../cells/TableTime.tsx'
import { VisibleText } from '../cells/VisibleText.tsx'
import { countOf, formatCount } from '../format.ts'
import { toCurl } from '../journey/curl.ts'
import { originalBytes } from '../json/hex-lines.ts'
import { JsonView } from '../json/JsonView.tsx'
import { AppLink } from '../shell/AppLink.tsx'
import { useKeptQuery } from '../shell/kept-query.ts'
import { useAdmin } from '../shell/polling.tsx'
import { FailedNote, Skeleton } from '../shell/QueryPanel.tsx'
import { Button } from '../ui/Button.tsx'
import { copyText } from '../ui/copy-text.ts'
import { Dialog } from '../ui/Dialog.tsx'
import { useToast } from '../ui/Toast.tsx'
import { urls } from '../urls.ts'
import { useRefusal } from './actions-context.ts'
import { ChangeDialog } from './ChangeDialog.tsx'
import { DeadLetterHistory } from './DeadLetterHistory.tsx'
import { REASON_WORDS } from './reason-words.ts'

/** One dead letter: why it failed, how to mend it, and its bytes. */
export function DeadLetterPanel({ id, onClose }: { id: string | null; onClose: () => void }) {
  return (
    <Dialog title="Dead letter" isOpen={id !== null} onClose={onClose} shape="right">
      {id !== null && <PanelContent id={id} />}
    </Dialog>
  )
}

function PanelContent({ id }: { id: string }) {
  const query = useAdmin('deadLetter', { id })
  if (query.data !== undefined) return <Facts letter={query.data} />
  if (query.isError)
    return <FailedNote error={query.error} onRetry={() => void query.refetch()} isRetrying={query.isFetching} />
  return <Skeleton label="Dead letter" height={480} />
}

function Facts({ letter }: { letter: DeadLetterBody }) {
  const kept = useKeptQuery()
  const { what, mend } = REASON_WORDS[letter.reason]
  const { original, original_encoding: encoding = 'utf8' } = letter
  return (
    <div className="flex flex-col gap-5">
      <div className="flex flex-col gap-2">
        <div className="flex flex-wrap items-center gap-2">
          <StateBadge kind="deadLetter" state={letter.state} />
          <strong className="text-14 font-semibold">{letter.reason}</strong>
          {letter.pointer !== null && (
            <code className="text-12 break-all">
              <VisibleText text={letter.pointer} />
            </code>
          )}
        </div>
        <p className="text-14 break-words">
          {what} <VisibleText text={letter.detail} />
        </p>
        <p className="text-13 text-ink-2">{mend}</p>
      </div>
      <Actions letter={letter} />
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 text-13">
        <Fact name="Failed at">
          <TableTime at={letter.failed_at} />
          {letter.first_failed_at !== letter.failed_at && (
            <>
              , first at <TableTime at={letter.first_failed_at} />
            </>
          )}
        </Fact>
        <Fact name="Stage">{STAGE_WORDS[letter.stage]}</Fact>
        <Fact name="Attempts">{countOf(letter.attempt, 'attempt')}</Fact>
        <Fact name="Tenant">{letter.tenant_id ?? 'not readable'}</Fact>
        <Fact name="Event type">
          {letter.event_type === null ? 'not readable' : <VisibleText text={letter.event_type} />}
        </Fact>
        <Fact name="Event id">
          {letter.event_id === null ? 'not readable' : <Identifier id={letter.event_id} what="event id" keep={48} />}
        </Fact>
        <Fact name="Idempotency key">
          {letter.idempotency_key === null ? (
            'not readable'
          ) : (
            <Identifier id={letter.idempotency_key} what="idempotency key" keep={48} />
          )}
        </Fact>
        <Fact name="Receipt">
          {letter.receipt_id === null ? (
            'not readable'
          ) : (
            <span className="flex items-center gap-1">
              <AppLink href={urls.event(letter.receipt_id, kept)} className="font-mono text-12 break-all">
                {letter.receipt_id}
              </AppLink>
              <CopyButton text={letter.receipt_id} what="receipt" />
            </span>
          )}
        </Fact>
        <Fact name="Source">
          {letter.source.topic}, partition {letter.source.partition}, offset {formatCount(letter.source.offset)}
        </Fact>
      </dl>
      {letter.event != null && (
        <section aria-label="Event" className="flex flex-col gap-1">
          <h3 className="text-13 font-medium">The event as its producer sent it</h3>
          <JsonView label="Event" text={letter.event} marked={letter.pointer} />
        </section>
      )}
      {original !== undefined && (
        <section aria-label="Record" className="flex flex-col gap-1">
          <h3 className="text-13 font-medium">The record, byte for byte</h3>
          <JsonView label="Record" text={original} encoding={encoding} />
        </section>
      )}
      {letter.history !== undefined && <DeadLetterHistory steps={letter.history} />}
    </div>
  )
}

const STAGE_WORDS: Record<DeadLetterBody['stage'], string> = {
  decode: 'decode: reading the record',
  validate: 'validate: judging the event',
  store: 'store: writing the row',
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="py-0.5 whitespace-nowrap text-ink-2">{name}</dt>
      <dd className="min-w-0 py-0.5 break-words">{children}</dd>
    </>
  )
}

function Actions({ letter }: { letter: DeadLetterBody }) {
  const refusal = useRefusal()
  const tell = useToast()
  const about = useAdmin('about', {}, { poll: false })
  const [asking, setAsking] = useState<'redrive' | 'dismiss' | null>(null)
  const { event, original, original_encoding: encoding = 'utf8' } = letter
  const copyCurl = async () => {
    if (event == null) return
    const curl = toCurl({
      ingestUrl: about.data?.ingest_url ?? null,
      idempotencyKey: letter.idempotency_key,
      body: event,
    })
    const done = await copyText(curl)
    tell(
      done ? 'done' : 'failed',
      done ? 'Copied; it reads the key from $SLUICE_API_KEY.' : 'The browser does not let this page use the clipboard.',
    )
  }
  const download = () => {
    if (original === undefined) return
    const url = URL.createObjectURL(new Blob([originalBytes(original, encoding)], { type: 'application/octet-stream' }))
    const link = Object.assign(document.createElement('a'), { href: url, download: `dead-letter-${letter.id}.bin` })
    link.click()
    URL.revokeObjectURL(url)
  }
  return (
    <div className="flex flex-wrap gap-2">
      <Button tone="primary" disabledReason={refusal(letter.state, 'redrive')} onClick={() => setAsking('redrive')}>
        Redrive
      </Button>
      <Button disabledReason={refusal(letter.state, 'dismiss')} onClick={() => setAsking('dismiss')}>
        Dismiss
      </Button>
      <Button disabledReason={event == null ? 'Its event cannot be read.' : null} onClick={() => void copyCurl()}>
        Copy as cURL
      </Button>
      <Button disabledReason={original === undefined ? 'Its bytes are not kept any more.' : null} onClick={download}>
        Download bytes
      </Button>
      {asking !== null && <ChangeDialog letter={letter} action={asking} onClose={() => setAsking(null)} />}
    </div>
  )
}
