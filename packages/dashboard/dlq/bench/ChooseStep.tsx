'use client'

import type { CheckRequest } from '@sluice/contract/admin-api/redrives'
import { useQuery } from '@tanstack/react-query'
import { change } from '../../admin-api/browser.ts'
import type { AdminApiError } from '../../admin-api/errors.ts'
import { countOf, formatCount } from '../../format.ts'
import { ErrorSentence } from '../../shell/ErrorSentence.tsx'
import { Button } from '../../ui/Button.tsx'
import { FilterBar } from '../FilterBar.tsx'

type ChooseStepProps = { words: string; request: CheckRequest; onNext: () => void }

/** Which dead letters, and how many that is now. */
export function ChooseStep({ words, request, onNext }: ChooseStepProps) {
  const query = useQuery<Awaited<ReturnType<typeof change<'check'>>>, AdminApiError>({
    queryKey: ['check', request],
    queryFn: () => change('check', {}, request),
  })
  const { data } = query
  return (
    <>
      {request.ids === undefined && <FilterBar />}
      <p className="text-14 break-words">
        Chosen: <strong className="font-medium">{words}</strong>.
      </p>
      {query.isError ? (
        <p role="alert" className="text-13 text-bad">
          <ErrorSentence error={query.error} />
        </p>
      ) : (
        <p role="status" className="min-h-5 text-14">
          {data === undefined ? 'Counting …' : matchWords(data.matched, data.left_out)}
        </p>
      )}
      <div>
        <Button
          tone="primary"
          disabledReason={data === undefined ? 'Counting' : data.matched === 0 ? 'Nothing can be redriven here.' : null}
          onClick={onNext}
        >
          {data === undefined
            ? 'Use these'
            : `Use ${data.matched === 1 ? 'this one' : `these ${formatCount(data.matched)}`}`}
        </Button>
      </div>
    </>
  )
}

function matchWords(matched: number, leftOut: { state: number; attempts: number }): string {
  const parts = [`${countOf(matched, 'dead letter')} can be redriven`]
  if (leftOut.attempts > 0)
    parts.push(
      `${formatCount(leftOut.attempts)} failed again five times and ${leftOut.attempts === 1 ? 'is' : 'are'} left out`,
    )
  if (leftOut.state > 0)
    parts.push(`${formatCount(leftOut.state)} ${leftOut.state === 1 ? 'is' : 'are'} not open and left out`)
  return `${parts.join('; ')}.`
}
