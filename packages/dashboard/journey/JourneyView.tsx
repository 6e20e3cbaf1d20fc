'use client'

import type { ReactNode } from 'react'
import type { Answers } from '../admin-api/routes.ts'
import { Identifier } from '../cells/Identifier.tsx'
import { StateBadge } from '../cells/StateBadge.tsx'
import { TableTime } from '../cells/TableTime.tsx'
import { VisibleText } from '../cells/VisibleText.tsx'
import { formatCount, formatSeconds } from '../format.ts'
import { LazyJsonView } from '../json/LazyJsonView.tsx'
import { AppLink } from '../shell/AppLink.tsx'
import { useNowMs } from '../shell/clock.tsx'
import { useKeptQuery } from '../shell/kept-query.ts'
import { useAdmin } from '../shell/polling.tsx'
import { QueryPanel } from '../shell/QueryPanel.tsx'
import { receiptTimeMs } from '../times.ts'
import { Button } from '../ui/Button.tsx'
import { copyText } from '../ui/copy-text.ts'
import { useToast } from '../ui/Toast.tsx'
import { urls } from '../urls.ts'
import { toCurl } from './curl.ts'
import { Timeline } from './Timeline.tsx'
import { journeySentence } from './timeline.ts'

type Receipt = Answers['receipt']

/** A waiting event is asked for each second, for a minute; then at the page's own pace. */
const WAITING_POLL_MS = 1_000
const EAGER_FOR_MS = 60_000

/** Where one event is, and how it came there. */
export function JourneyView({ receiptId }: { receiptId: string }) {
  const nowMs = useNowMs()
  const madeMs = receiptTimeMs(receiptId)
  const isFresh = madeMs !== null && Math.abs(nowMs - madeMs) < EAGER_FOR_MS
  const last = useAdmin('receipt', { receipt_id: receiptId }, { enabled: false })
  const isMoving = last.data?.state === 'waiting' || last.data?.state === 'redriving'
  const query = useAdmin('receipt', { receipt_id: receiptId }, { poll: isMoving && isFresh ? WAITING_POLL_MS : true })
  return (
    <QueryPanel title="Journey" isTitleHidden query={query} minHeight={320}>
      {(receipt) => <Journey receipt={receipt} />}
    </QueryPanel>
  )
}

function Journey({ receipt }: { receipt: Receipt }) {
  const nowMs = useNowMs()
  const kept = useKeptQuery()
  const { event, dead_letter: letter } = receipt
  return (
    <div className="flex flex-col gap-6">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2" role="status">
        <StateBadge kind="receipt" state={receipt.state} />
        <p className="min-w-0 text-16 font-medium break-words">
          <VisibleText text={journeySentence(receipt, nowMs)} />
        </p>
      </div>
      <Actions receipt={receipt} />
      <div className="grid gap-x-10 gap-y-6 lg:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
        {receipt.steps.length > 0 && (
          <section aria-label="What happened">
            <h2 className="mb-2 text-16 font-semibold">What happened</h2>
            <Timeline receipt={receipt} />
          </section>
        )}
        <section aria-label="Facts" className="min-w-0">
          <h2 className="mb-2 text-16 font-semibold">Facts</h2>
          <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-0.5 text-13">
            <Fact name="Receipt">
              <Identifier id={receipt.receipt_id} what="receipt" keep={36} />
            </Fact>
            <Facts event={event} letter={letter} />
            <KeyState
              tenant={event?.tenant_id ?? letter?.tenant_id ?? null}
              idempotencyKey={event?.idempotency_key ?? letter?.idempotency_key ?? null}
            />
          </dl>
        </section>
      </div>
      {event !== undefined && (
        <>
          <section aria-label="Payload" className="min-w-0">
            <h2 className="mb-2 text-16 font-semibold">Payload as sent</h2>
            <LazyJsonView label="Payload" text={event.payload} />
          </section>
          {event.extra !== null && (
            <section aria-label="Unknown members" className="min-w-0">
              <h2 className="mb-2 text-16 font-semibold">Members that the platform does not know</h2>
              <LazyJsonView label="Unknown members" text={event.extra} />
            </section>
          )}
        </>
      )}
      {letter !== undefined && letter.state !== 'redriven' && (
        <section aria-label="Dead letter" className="flex min-w-0 flex-col gap-2">
          <h2 className="text-16 font-semibold">Its dead letter</h2>
          <p className="text-13">
            <AppLink href={urls.deadLetter(letter.id, kept)}>See why, and repair it</AppLink>
          </p>
          {letter.event != null && <LazyJsonView label="Event" text={letter.event} marked={letter.pointer} />}
        </section>
      )}
      {receipt.state === 'unknown' && <UnknownHelp />}
    </div>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="py-1 whitespace-nowrap text-ink-2">{name}</dt>
      <dd className="min-w-0 py-1 break-words">{children}</dd>
    </>
  )
}

function Facts({ event, letter }: { event: Receipt['event']; letter: Receipt['dead_letter'] }) {
  const of = event ?? letter
  if (of === undefined) return null
  return (
    <>
      <Fact name="Tenant">{of.tenant_id ?? 'not readable'}</Fact>
      <Fact name="Event type">{of.event_type === null ? 'not readable' : <VisibleText text={of.event_type} />}</Fact>
      <Fact name="Event id">
        {of.event_id === null ? 'not readable' : <Identifier id={of.event_id} what="event id" keep={48} />}
      </Fact>
      <Fact name="Idempotency key">
        {of.idempotency_key === null ? (
          'not readable'
        ) : (
          <Identifier id={of.idempotency_key} what="idempotency key" keep={48} />
        )}
      </Fact>
      {event !== undefined && (
        <>
          <Fact name="Schema version">{event.schema_version}</Fact>
          <Fact name="Occurred at">
            <TableTime at={event.occurred_at} />
          </Fact>
        </>
      )}
      <Fact name="Source">
        {of.source.topic}, partition {of.source.partition}, offset {formatCount(of.source.offset)}
      </Fact>
    </>
  )
}

const KEY_STATES = {
  in_flight: 'a request with it is under way',
  accepted: 'remembered: a repeat is answered as a duplicate',
  unknown: 'its last outcome is unknown; a retry goes through',
}

/** What the gate knows of the key: until when a repeat is told at the edge. */
function KeyState({ tenant, idempotencyKey }: { tenant: string | null; idempotencyKey: string | null }) {
  const isKnown = tenant !== null && idempotencyKey !== null
  const { data } = useAdmin(
    'byIdempotencyKey',
    { tenant: tenant ?? '', idempotencyKey: idempotencyKey ?? '' },
    { enabled: isKnown, poll: 15_000 },
  )
  if (!isKnown || data === undefined) return null
  const { state, expires_at } = data.key
  return (
    <Fact name="Key at the gate">
      {state === null ? 'forgotten: a repeat is found at storage' : KEY_STATES[state]}
      {expires_at !== null && (
        <>
          , until <TableTime at={expires_at} />
        </>
      )}
    </Fact>
  )
}

function Actions({ receipt }: { receipt: Receipt }) {
  const tell = useToast()
  const kept = useKeptQuery()
  const about = useAdmin('about', {}, { poll: false })
  const { event, dead_letter: letter } = receipt
  const body = letter?.event ?? (event === undefined ? null : toEventText(event))
  const copyCurl = async () => {
    if (body === null) return
    const idempotencyKey = event?.idempotency_key ?? letter?.idempotency_key ?? null
    const done = await copyText(toCurl({ ingestUrl: about.data?.ingest_url ?? null, idempotencyKey, body }))
    tell(
      done ? 'done' : 'failed',
      done ? 'Copied; it reads the key from $SLUICE_API_KEY.' : 'The browser does not let this page use the clipboard.',
    )
  }
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Button disabledReason={body === null ? 'Its event is not known here.' : null} onClick={() => void copyCurl()}>
        Copy as cURL
      </Button>
      <Button
        onClick={async () => {
          const done = await copyText(new URL(urls.event(receipt.receipt_id), window.location.href).href)
          tell(
            done ? 'done' : 'failed',
            done ? 'Copied the link.' : 'The browser does not let this page use the clipboard.',
          )
        }}
      >
        Copy link
      </Button>
      {letter !== undefined && (
        <AppLink href={urls.deadLetter(letter.id, kept)} className="text-13">
          To its dead letter
        </AppLink>
      )}
    </div>
  )
}

/** The event put together from its row: the members that the platform knows, those that it does not, and the payload's own text. */
function toEventText(event: NonNullable<Receipt['event']>): string {
  const { event_id, event_type, schema_version, occurred_at, payload, extra } = event
  const head = JSON.stringify({ event_id, event_type, schema_version, occurred_at }).slice(0, -1)
  const rest = extra === null || /^\{\s*\}$/.test(extra) ? '' : `,${extra.trim().slice(1, -1)}`
  return `${head},"payload":${payload}${rest}}`
}

function UnknownHelp() {
  const { data } = useAdmin('about', {}, { poll: false })
  const kept = data?.retention
  return (
    <section aria-label="What to do" className="text-13 text-ink-2">
      <ul className="list-disc pl-5">
        <li>A receipt is in the answer to POST /events: was it 202, and from this platform?</li>
        {kept?.events_seconds != null && (
          <li>
            Stored events are kept for {formatSeconds(kept.events_seconds)}, closed dead letters for{' '}
            {formatSeconds(kept.dead_letters_seconds)}.
          </li>
        )}
      </ul>
    </section>
  )
}
