import type { CheckBody } from '@sluice/contract/admin-api/redrives'
import { decodeEnvelope } from '@sluice/contract/envelope'
import { judgeEvent } from '@sluice/contract/event'
import {
  countSelection,
  readSelected,
  type SelectedLetter,
  type Selection,
} from '@sluice/event-store/redrives/selection'
import type { Pool } from '@sluice/runtime/postgres'
import { composeRedrive, eventText, type RedriveChange } from './compose-redrive.ts'

const MAX_CHECKED = 10_000
const MAX_MS = 3_000
/** Of up to 256 KiB each. */
const PAGE = 200
const MAX_SAMPLE = 5

type Failure = Omit<CheckBody['would_fail'][number], 'count' | 'example_id'>
type Sample = CheckBody['sample'][number]

/**
 * What the processor would say of each, by its own rules; nothing is changed. The newest 10,000 are judged, in 3 s.
 * @throws {StoreUnavailableError} retryable
 */
export async function checkRedrive(pool: Pool, selection: Selection, change: RedriveChange): Promise<CheckBody> {
  const deadline = performance.now() + MAX_MS
  const counted = await countSelection(pool, selection)
  const failures = new Map<string, CheckBody['would_fail'][number]>()
  const samples: Sample[] = []
  let checked = 0
  let passing = 0
  let after: Awaited<ReturnType<typeof readSelected>>['last'] = null
  do {
    const page = await readSelected(pool, selection, { after, limit: PAGE })
    for (const letter of page.letters) {
      const failure = judge(letter, change)
      checked += 1
      if (failure === null) passing += 1
      else countFailure(failures, failure, letter.id)
      keepSample(samples, letter, change, failure === null)
    }
    after = page.letters.length < PAGE ? null : page.last
  } while (after !== null && checked < MAX_CHECKED && performance.now() < deadline)
  return {
    matched: counted.matched,
    left_out: counted.leftOut,
    checked,
    would_pass: passing,
    would_fail: [...failures.values()].sort((a, b) => b.count - a.count),
    sample: samples,
  }
}

/** Null: it would be stored, as far as can be told beforehand. */
function judge({ original, conflicting }: SelectedLetter, change: RedriveChange): Failure | null {
  const composed = composeRedrive(original, change)
  if (composed.type === 'fault') return { reason: 'EDIT_FAILED', pointer: null, detail: composed.detail }
  const { head, event } = composed
  if (head === null || event === null)
    return { reason: 'MALFORMED_RECORD', pointer: null, detail: 'The record is not an envelope with an event' }
  const judgement = judgeEvent(event)
  if (judgement.type === 'dead_letter')
    return { reason: judgement.reason, pointer: judgement.pointer, detail: judgement.detail }
  const isRepeat = conflicting?.receiptId === head.receiptId || conflicting?.fingerprint === head.fingerprint
  return conflicting === null || isRepeat
    ? null
    : {
        reason: 'IDEMPOTENCY_CONFLICT',
        pointer: null,
        detail: 'Another event is stored under this idempotency key.',
      }
}

function countFailure(failures: Map<string, CheckBody['would_fail'][number]>, failure: Failure, id: string): void {
  const name = JSON.stringify([failure.reason, failure.pointer, failure.detail])
  const known = failures.get(name) ?? { ...failure, count: 0, example_id: id }
  known.count += 1
  failures.set(name, known)
}

/** Failing ones are worth a look, so they push passing ones out. */
function keepSample(samples: Sample[], { id, original }: SelectedLetter, change: RedriveChange, passes: boolean): void {
  if (samples.length >= MAX_SAMPLE && (passes || !samples.at(-1)?.passes)) return
  const reading = decodeEnvelope(original)
  const composed = composeRedrive(original, change)
  const sample: Sample = {
    id,
    before: reading.type === 'envelope' ? eventText(reading.event) : null,
    after: composed.type === 'composed' && composed.event !== null ? eventText(composed.event) : null,
    passes,
  }
  samples.push(sample)
  samples.sort((a, b) => Number(a.passes) - Number(b.passes))
  samples.splice(MAX_SAMPLE)
}
