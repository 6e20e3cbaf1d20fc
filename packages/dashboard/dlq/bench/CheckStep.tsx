'use client'

import type { CheckBody, CheckRequest } from '@sluice/contract/admin-api/redrives'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { change } from '../../admin-api/browser.ts'
import { VisibleText } from '../../cells/VisibleText.tsx'
import { countOf, formatCount } from '../../format.ts'
import { JsonView } from '../../json/JsonView.tsx'
import { ErrorSentence } from '../../shell/ErrorSentence.tsx'
import { useQueryStates } from '../../shell/use-query-states.ts'
import { Badge } from '../../ui/Badge.tsx'
import { Button } from '../../ui/Button.tsx'
import { deadLetterParams } from '../search-params.ts'

type CheckStepProps = {
  request: CheckRequest
  result: CheckBody | null
  onChecked: (result: CheckBody) => void
  onNext: () => void
}

/** A dry run through the processor's own validation. Nothing is changed. */
export function CheckStep({ request, result, onChecked, onNext }: CheckStepProps) {
  const check = useMutation({ mutationFn: () => change('check', {}, request), onSuccess: onChecked })
  return (
    <>
      <div className="flex flex-wrap items-center gap-2">
        <Button
          tone={result === null ? 'primary' : 'plain'}
          disabledReason={check.isPending ? 'Under way' : null}
          onClick={() => check.mutate()}
        >
          {check.isPending ? 'Checking …' : result === null ? 'Check' : 'Check again'}
        </Button>
        <span className="text-13 text-ink-2">Every event is judged as the processor would; nothing is appended.</span>
      </div>
      {check.isError && (
        <p role="alert" className="text-13 text-bad">
          <ErrorSentence error={check.error} />
        </p>
      )}
      {result !== null && <Result result={result} onNext={onNext} />}
    </>
  )
}

function Result({ result, onNext }: { result: CheckBody; onNext: () => void }) {
  const [, setView] = useQueryStates(deadLetterParams, { history: 'push' })
  const failing = result.checked - result.would_pass
  return (
    <div className="flex flex-col gap-3">
      <p role="status" className="text-14">
        <strong className="font-semibold text-ok">{formatCount(result.would_pass)} would pass</strong>
        {' · '}
        <strong className={`font-semibold ${failing > 0 ? 'text-bad' : 'text-ink-2'}`}>
          {formatCount(failing)} would fail
        </strong>
        {result.checked < result.matched &&
          ` · the newest ${countOf(result.checked, 'one')} of ${formatCount(result.matched)} checked`}
      </p>
      {result.would_fail.length > 0 && (
        <ul className="flex flex-col gap-1 text-13">
          {result.would_fail.map(({ reason, pointer, detail, count, example_id }) => (
            <li key={`${reason} ${pointer}`} className="flex flex-wrap items-center gap-x-2">
              <span className="font-medium">
                {reason}{' '}
                {pointer !== null && (
                  <code className="text-12">
                    <VisibleText text={pointer} />
                  </code>
                )}{' '}
                ({formatCount(count)})
              </span>
              <span className="min-w-0 break-words text-ink-2">
                <VisibleText text={detail} />
              </span>
              <button
                type="button"
                className="min-h-6 text-accent hover:underline"
                onClick={() => void setView({ id: example_id })}
              >
                An example
              </button>
            </li>
          ))}
        </ul>
      )}
      {result.sample.length > 0 && <Samples samples={result.sample} />}
      <div>
        <Button
          tone="primary"
          disabledReason={result.matched === 0 ? 'Nothing can be redriven.' : null}
          onClick={onNext}
        >
          {failing > 0 ? 'Redrive all the same' : 'Go on'}
        </Button>
      </div>
    </div>
  )
}

/** Before and after, one example at a time. */
function Samples({ samples }: { samples: CheckBody['sample'] }) {
  const [at, setAt] = useState(0)
  const sample = samples[Math.min(at, samples.length - 1)]
  if (sample === undefined) return null
  const isSame = sample.before === sample.after
  return (
    <section aria-label="Examples" className="flex min-w-0 flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2 text-13">
        <span>
          Example {at + 1} of {samples.length}
        </span>
        <Badge tone={sample.passes ? 'ok' : 'bad'} icon={null}>
          {sample.passes ? 'would pass' : 'would fail'}
        </Badge>
        <Button disabledReason={at === 0 ? 'This is the first.' : null} onClick={() => setAt(at - 1)}>
          Before
        </Button>
        <Button disabledReason={at >= samples.length - 1 ? 'This is the last.' : null} onClick={() => setAt(at + 1)}>
          Next
        </Button>
      </div>
      <div className={`grid min-w-0 gap-3 ${isSame ? '' : 'md:grid-cols-2'}`}>
        <SampleText label={isSame ? 'Unchanged' : 'Before the edit'} text={sample.before} key={`before ${sample.id}`} />
        {!isSame && <SampleText label="After the edit" text={sample.after} key={`after ${sample.id}`} />}
      </div>
    </section>
  )
}

function SampleText({ label, text }: { label: string; text: string | null }) {
  return (
    <div className="min-w-0">
      <p className="mb-1 text-12 text-ink-2">{label}</p>
      {text === null ? (
        <p className="text-13">The edit cannot be applied, or the event cannot be read.</p>
      ) : (
        <JsonView label={label} text={text} />
      )}
    </div>
  )
}
