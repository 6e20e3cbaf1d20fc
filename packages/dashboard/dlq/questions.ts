import { question } from '../admin-api/queries.ts'
import { type ListFilter, toAskedFilter } from './list-filter.ts'

type View = ListFilter & {
  cursor: string | null
  view: 'ledger' | 'topic'
  id: string | null
  bench: boolean
  job: string | null
}

const PAGE_SIZE = 50
export const SAMPLE_SIZE = 20

/** What the dead-letter page asks: the same on the server and in the browser. */
export function deadLetterQuestions({ cursor, ...filter }: ListFilter & { cursor: string | null }) {
  const asked = toAskedFilter(filter)
  return {
    // A group is a filter, so the groups are those of all other members.
    groups: question('deadLetterGroups', { ...asked, reason: undefined, pointer: undefined, limit: 20 }),
    list: question('deadLetters', { ...asked, cursor: cursor ?? undefined, limit: PAGE_SIZE }),
    count: question('deadLetterCount', asked),
    sample: question('deadLetterSample', { limit: SAMPLE_SIZE }),
  }
}

/** Of those, what an address shows first. */
export function firstQuestions(view: View) {
  const { groups, list, count, sample } = deadLetterQuestions(view)
  const panel = view.id === null ? [] : [question('deadLetter', { id: view.id })]
  if (view.job !== null) return [question('redriveJob', { id: view.job }), ...panel]
  if (view.bench) return [count, ...panel]
  return view.view === 'topic' ? [sample, ...panel] : [groups, list, count, ...panel]
}
