'use client'

import { ExportLinks } from '../export/ExportLinks.tsx'
import { useAdmin } from '../shell/polling.tsx'
import { QueryPanel } from '../shell/QueryPanel.tsx'
import { useQueryStates } from '../shell/use-query-states.ts'
import { EventTable } from '../tables/EventTable.tsx'
import { Pager } from '../tables/Pager.tsx'
import { Button } from '../ui/Button.tsx'
import { EmptyMessage } from '../ui/EmptyMessage.tsx'
import { browseQuestion } from './questions.ts'
import { searchParams } from './search-params.ts'

/** Stored events by type and time, newest first. They stand still under the pointer: Refresh now brings newer ones. */
export function BrowseEvents() {
  const [fields, setSearch] = useQueryStates(searchParams, { history: 'push' })
  const query = useAdmin(...browseQuestion(fields), { poll: false, keepLast: true })
  return (
    <QueryPanel
      title="Stored events"
      query={query}
      minHeight={320}
      actions={
        <ExportLinks
          list="events"
          query={{
            tenant: fields.tenant,
            eventType: fields.type,
            since: fields.since?.toISOString(),
            until: fields.until?.toISOString(),
          }}
        />
      }
    >
      {({ data, next_cursor: next }) => (
        <>
          {data.length === 0 ? (
            <EmptyMessage title="No stored event matches.">
              <Button
                onClick={() => void setSearch({ type: null, since: null, until: null, tenant: null, cursor: null })}
              >
                Clear the filter
              </Button>
            </EmptyMessage>
          ) : (
            <EventTable caption="Stored events, newest first" events={data} isTall />
          )}
          <Pager hasCursor={fields.cursor !== null} next={next} onGo={(cursor) => void setSearch({ cursor })} />
        </>
      )}
    </QueryPanel>
  )
}
