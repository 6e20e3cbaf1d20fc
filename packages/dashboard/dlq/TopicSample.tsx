'use client'

import type { SampleBody } from '@sluice/contract/admin-api/dead-letters'
import { TableTime } from '../cells/TableTime.tsx'
import { VisibleText } from '../cells/VisibleText.tsx'
import { formatCount } from '../format.ts'
import { JsonView } from '../json/JsonView.tsx'
import { useAdmin } from '../shell/polling.tsx'
import { QueryPanel } from '../shell/QueryPanel.tsx'
import { EmptyMessage } from '../ui/EmptyMessage.tsx'
import { SAMPLE_SIZE } from './questions.ts'

type Sample = SampleBody['data'][number]

/** The newest records of the topic itself, to compare with the ledger. */
export function TopicSample() {
  const query = useAdmin('deadLetterSample', { limit: SAMPLE_SIZE })
  return (
    <QueryPanel title="Newest records of the dead-letter topic" query={query} minHeight={400}>
      {({ data }) =>
        data.length === 0 ? (
          <EmptyMessage title="The topic is empty.">
            Records leave it after the log's retention; the ledger keeps what is open.
          </EmptyMessage>
        ) : (
          <>
            <p className="mb-3 text-13 text-ink-2">
              Read from the log without joining a group. A record may stand here twice; the ledger shows it once.
            </p>
            <ul className="flex flex-col gap-3">
              {data.map((sample) => (
                <li key={keyOf(sample)}>
                  <SampleRecord sample={sample} />
                </li>
              ))}
            </ul>
          </>
        )
      }
    </QueryPanel>
  )
}

const keyOf = ({ source, failed_at, attempt, original }: Sample) =>
  `${source?.topic} ${source?.partition} ${source?.offset} ${failed_at} ${attempt} ${source === null ? original.slice(0, 64) : ''}`

function SampleRecord({ sample }: { sample: Sample }) {
  const { reason, detail, pointer, failed_at, tenant_id, source, attempt } = sample
  return (
    <details className="rounded-md bg-surface px-3 py-2 outline outline-line">
      <summary className="flex min-h-6 flex-wrap items-center gap-x-3 text-13">
        {failed_at === null ? 'Time not readable' : <TableTime at={failed_at} />}
        <strong className="font-medium">{reason ?? 'Not written by this platform'}</strong>
        {pointer !== null && (
          <code className="max-w-60 truncate text-12 text-ink-2">
            <VisibleText text={pointer} />
          </code>
        )}
        <span className="text-ink-2">{tenant_id ?? 'tenant not readable'}</span>
        <span className="ml-auto text-12 text-ink-2">
          {source === null
            ? 'source not readable'
            : `partition ${source.partition}, offset ${formatCount(source.offset)}`}
          {attempt !== null && `, attempt ${attempt}`}
        </span>
      </summary>
      <div className="flex flex-col gap-2 pt-2">
        {detail !== null && (
          <p className="text-13 break-words">
            <VisibleText text={detail} />
          </p>
        )}
        <JsonView label="Record" text={sample.original} encoding={sample.original_encoding} />
      </div>
    </details>
  )
}
