'use client'

import type { CheckBody, CheckRequest } from '@sluice/contract/admin-api/redrives'
import { useMutation } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { change } from '../../admin-api/browser.ts'
import { AdminApiError } from '../../admin-api/errors.ts'
import { countOf, formatCount, formatSeconds } from '../../format.ts'
import { ErrorSentence } from '../../shell/ErrorSentence.tsx'
import { useAdmin, useRefresh } from '../../shell/polling.tsx'
import { Button } from '../../ui/Button.tsx'
import { ConfirmDialog } from '../../ui/ConfirmDialog.tsx'

type RedriveStepProps = {
  request: CheckRequest
  result: CheckBody
  words: string
  onStarted: (jobId: string) => void
  /** The choice matches another number now: the check is void. */
  onCountChanged: () => void
}

const FIRST_RATE = 50
const MAX_RATE = 1_000

/** How fast, and the last question before it starts. */
export function RedriveStep({ request, result, words, onStarted, onCountChanged }: RedriveStepProps) {
  const [rate, setRate] = useState(String(FIRST_RATE))
  const [operationId, setOperationId] = useState<string | null>(null)
  const [rateId, errorId] = [useId(), useId()]
  const refresh = useRefresh()
  const about = useAdmin('about', {}, { poll: false })
  const maxRate = about.data?.limits.max_job_rate_per_second ?? MAX_RATE
  const perSecond = /^\d{1,6}$/.test(rate) ? Number(rate) : 0
  const isWrong = perSecond < 1 || perSecond > maxRate
  const start = useMutation({
    mutationFn: (note: string) =>
      change(
        'redriveMany',
        {},
        {
          ...request,
          operation_id: operationId ?? crypto.randomUUID(),
          by: 'dashboard',
          rate_per_second: perSecond,
          confirm_count: result.matched,
          ...(note === '' ? {} : { note }),
        },
      ),
    onSuccess: ({ id }) => {
      refresh()
      onStarted(id)
    },
  })
  const close = () => {
    setOperationId(null)
    if (start.error instanceof AdminApiError && start.error.code === 'COUNT_CHANGED') onCountChanged()
    start.reset()
  }
  const action = `Redrive ${formatCount(result.matched)}`
  return (
    <>
      <div className="flex flex-wrap items-center gap-2 text-13">
        <label htmlFor={rateId}>Rate, per second</label>
        <input
          id={rateId}
          inputMode="numeric"
          value={rate}
          aria-invalid={isWrong}
          aria-describedby={isWrong ? errorId : undefined}
          onChange={(event) => setRate(event.target.value.trim())}
          className="control w-20 text-right"
        />
        <span className="text-ink-2">{isWrong ? '' : `takes about ${formatSeconds(result.matched / perSecond)}`}</span>
      </div>
      {isWrong && (
        <p id={errorId} className="text-13 text-bad">
          A whole number of 1 to {formatCount(maxRate)}.
        </p>
      )}
      <div>
        {/* Made when the dialog opens: a double click or a retry is one operation. */}
        <Button
          tone="primary"
          disabledReason={isWrong ? 'Give a rate first.' : null}
          onClick={() => setOperationId(crypto.randomUUID())}
        >
          {action} …
        </Button>
      </div>
      <ConfirmDialog
        isOpen={operationId !== null}
        title={`${action} dead letters?`}
        action={action}
        pending={start.isPending}
        error={start.isError ? <ErrorSentence error={start.error} /> : null}
        note={{ label: 'Note (may be left out)', isRequired: false }}
        onConfirm={(note) => start.mutate(note)}
        onClose={close}
      >
        <p>
          {countOf(result.matched, 'dead letter')}: {words}.{' '}
          {result.would_pass < result.checked &&
            `${formatCount(result.checked - result.would_pass)} of them would fail again. `}
        </p>
        <p>
          {request.edit === undefined
            ? 'Each is appended unchanged'
            : `Each is changed by ${countOf(request.edit.length, 'operation')}, then appended`}
          , {formatCount(perSecond)} a second, about {formatSeconds(result.matched / perSecond)}. You can cancel while
          it runs.
        </p>
      </ConfirmDialog>
    </>
  )
}
