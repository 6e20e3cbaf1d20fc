'use client'

import type { RedriveJobBody } from '@sluice/contract/admin-api/redrives'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { change } from '../../admin-api/browser.ts'
import { StateBadge } from '../../cells/StateBadge.tsx'
import { TableTime } from '../../cells/TableTime.tsx'
import { VisibleText } from '../../cells/VisibleText.tsx'
import { countOf, formatCount, formatRate, formatSeconds } from '../../format.ts'
import { useAnnounce } from '../../shell/Announcer.tsx'
import { AppLink } from '../../shell/AppLink.tsx'
import { ErrorSentence } from '../../shell/ErrorSentence.tsx'
import { useKeptQuery } from '../../shell/kept-query.ts'
import { useAdmin } from '../../shell/polling.tsx'
import { QueryPanel } from '../../shell/QueryPanel.tsx'
import { Button } from '../../ui/Button.tsx'
import { ConfirmDialog } from '../../ui/ConfirmDialog.tsx'
import { urls } from '../../urls.ts'

/** A job on the server: whoever opens its address sees the same, also after a reload. */
export function WatchJob({ id }: { id: string }) {
  const query = useAdmin('redriveJob', { id }, { poll: 1_000 })
  return (
    <QueryPanel title="Watch" query={query} minHeight={220}>
      {(job) => <Job job={job} />}
    </QueryPanel>
  )
}

function Job({ job }: { job: RedriveJobBody }) {
  const kept = useKeptQuery()
  const announce = useAnnounce()
  const isOver = job.state !== 'running'
  useEffect(() => {
    if (isOver) announce(`The job is ${job.state}: ${job.stored} stored, ${job.failed_again} failed again.`)
  }, [announce, isOver, job.state, job.stored, job.failed_again])
  return (
    <div className="flex max-w-3xl flex-col gap-4">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-13">
        <StateBadge kind="job" state={job.state} />
        <span>
          {countOf(job.matched, 'dead letter')}, {job.edited ? 'edited' : 'unchanged'}, started by{' '}
          <VisibleText text={job.by} /> at <TableTime at={job.started_at} />
        </span>
        {job.note !== null && (
          <span className="text-ink-2">
            <VisibleText text={job.note} />
          </span>
        )}
      </div>
      <Progress job={job} />
      <dl className="grid grid-cols-2 gap-x-6 gap-y-2 sm:grid-cols-4">
        <Figure name="Stored" value={formatCount(job.stored)} tone="text-ok" />
        <Figure
          name="Failed again"
          value={formatCount(job.failed_again)}
          tone={job.failed_again > 0 ? 'text-bad' : ''}
        />
        <Figure name="Outcome not known yet" value={formatCount(job.waiting)} />
        <Figure name="Remaining" value={formatCount(job.remaining)} />
        <Figure name="Left out" value={formatCount(job.left_out)} />
        <Figure name="Rate" value={formatRate(job.rate)} />
        <Figure
          name={isOver ? 'Ended' : 'Time left, about'}
          value={
            isOver ? job.ended_at === null ? '–' : <TableTime at={job.ended_at} /> : formatSeconds(job.seconds_left)
          }
        />
      </dl>
      <div className="flex flex-wrap items-center gap-3">
        {job.state === 'running' && <CancelButton job={job} />}
        {isOver && job.failed_again > 0 && (
          <AppLink href={urls.deadLetters({ ...kept, from_job: job.id })}>
            The {formatCount(job.failed_again)} that failed again
          </AppLink>
        )}
        {isOver && <AppLink href={urls.deadLetters(kept)}>All open dead letters</AppLink>}
      </div>
    </div>
  )
}

function Progress({ job }: { job: RedriveJobBody }) {
  const share = (count: number) => `${job.matched === 0 ? 0 : (count / job.matched) * 100}%`
  return (
    <div
      role="progressbar"
      aria-label="Settled"
      aria-valuemin={0}
      aria-valuemax={job.matched}
      aria-valuenow={job.stored + job.failed_again}
      aria-valuetext={`${job.stored + job.failed_again} of ${job.matched} settled`}
      className="flex h-3 overflow-hidden rounded-sm bg-sunken"
    >
      <span className="bg-ok" style={{ width: share(job.stored) }} />
      <span className="bg-bad" style={{ width: share(job.failed_again) }} />
      <span className="bg-control" style={{ width: share(job.waiting) }} />
    </div>
  )
}

function Figure({ name, value, tone = '' }: { name: string; value: React.ReactNode; tone?: string }) {
  return (
    <div>
      <dt className="text-12 text-ink-2">{name}</dt>
      <dd className={`text-20 font-semibold ${tone}`}>{value}</dd>
    </div>
  )
}

function CancelButton({ job }: { job: RedriveJobBody }) {
  const client = useQueryClient()
  const [operationId, setOperationId] = useState<string | null>(null)
  const cancel = useMutation({
    mutationFn: () =>
      change('cancelJob', { id: job.id }, { operation_id: operationId ?? crypto.randomUUID(), by: 'dashboard' }),
    onSuccess: (now) => {
      client.setQueryData(['redriveJob', { id: job.id }], now)
      setOperationId(null)
    },
  })
  const rest = formatCount(job.remaining)
  return (
    <>
      <Button tone="danger" onClick={() => setOperationId(crypto.randomUUID())}>
        Cancel the job …
      </Button>
      <ConfirmDialog
        isOpen={operationId !== null}
        isDanger
        title="Cancel the job?"
        action={`Cancel ${rest}`}
        pending={cancel.isPending}
        error={cancel.isError ? <ErrorSentence error={cancel.error} /> : null}
        onConfirm={() => cancel.mutate()}
        onClose={() => setOperationId(null)}
      >
        <p>{rest} are not appended any more and stay open. What was appended already is settled still.</p>
      </ConfirmDialog>
    </>
  )
}
