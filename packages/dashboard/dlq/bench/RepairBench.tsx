'use client'

import type { CheckBody, CheckRequest, JsonPatch } from '@sluice/contract/admin-api/redrives'
import { useState } from 'react'
import type { Static } from 'typebox'
import { countOf } from '../../format.ts'
import { useQueryStates } from '../../shell/use-query-states.ts'
import { filterWords, toFilterBody } from '../list-filter.ts'
import { deadLetterParams } from '../search-params.ts'
import { CheckStep } from './CheckStep.tsx'
import { ChooseStep } from './ChooseStep.tsx'
import { EditStep } from './EditStep.tsx'
import { type PatchRow, readPatch } from './patch-rows.ts'
import { RedriveStep } from './RedriveStep.tsx'
import { Step } from './Step.tsx'
import { WatchJob } from './WatchJob.tsx'

type Patch = Static<typeof JsonPatch>
type StepName = 'choose' | 'edit' | 'check' | 'redrive'

/** Repairs many dead letters in five steps: choose, edit, check, redrive, watch. */
export function RepairBench({ selected }: { selected: ReadonlySet<string> }) {
  const [view, setView] = useQueryStates(deadLetterParams, { history: 'push' })
  const [step, setStep] = useState<StepName>('choose')
  const [rows, setRows] = useState<readonly PatchRow[]>([])
  const [checked, setChecked] = useState<{ of: string; result: CheckBody } | null>(null)
  if (view.job !== null) return <WatchJob id={view.job} />

  const read = readPatch(rows)
  const edit: Patch | null = 'patch' in read && read.patch.length > 0 ? read.patch : null
  const choice = selected.size > 0 ? { ids: [...selected] } : { filter: toFilterBody(view) }
  const request: CheckRequest = { ...choice, ...(edit === null ? {} : { edit }) }
  // A check holds for the choice and the edit that it was made with, and for no other.
  const result = checked?.of === JSON.stringify(request) ? checked.result : null
  const words =
    selected.size > 0 ? countOf(selected.size, 'selected dead letter') : filterWords(view) || 'every dead letter'
  const open = (name: StepName) => () => setStep(name)
  return (
    <div className="flex max-w-4xl flex-col gap-5">
      <Step number={1} title="Choose" isOpen={step === 'choose'} onOpen={open('choose')} summary={words}>
        <ChooseStep words={words} request={choice} onNext={open('edit')} />
      </Step>
      <Step number={2} title="Edit" isOpen={step === 'edit'} onOpen={open('edit')} summary={editWords(edit)}>
        <EditStep
          rows={rows}
          onChange={setRows}
          errors={'errors' in read ? read.errors : null}
          onNext={open('check')}
        />
      </Step>
      <Step
        number={3}
        title="Check"
        isOpen={step === 'check'}
        onOpen={open('check')}
        summary={
          result === null
            ? 'not checked yet'
            : `${result.would_pass} would pass, ${result.matched - result.would_pass} would fail`
        }
      >
        <CheckStep
          request={request}
          result={result}
          onChecked={(next) => setChecked({ of: JSON.stringify(request), result: next })}
          onNext={open('redrive')}
        />
      </Step>
      <Step
        number={4}
        title="Redrive"
        isOpen={step === 'redrive'}
        summary={result === null ? 'after the check' : 'ready'}
        onOpen={result === null ? undefined : open('redrive')}
      >
        {result === null ? (
          <p className="text-13">The choice or the edit was changed after the check: check again.</p>
        ) : (
          <RedriveStep
            request={request}
            result={result}
            words={words}
            onStarted={(job) => void setView({ job, bench: null })}
            onCountChanged={() => setChecked(null)}
          />
        )}
      </Step>
      <Step number={5} title="Watch" isOpen={false} summary="what comes of it: stored, failed again, remaining">
        {null}
      </Step>
    </div>
  )
}

const editWords = (edit: Patch | null): string =>
  edit === null ? 'unchanged' : edit.map(({ op, path }) => `${op} ${path}`).join(', ')
