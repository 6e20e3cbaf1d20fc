import type { JsonPatch } from '@sluice/contract/admin-api/redrives'
import { decodeEnvelope, type EnvelopeHead, encodeEnvelope } from '@sluice/contract/envelope'
import { fingerprintOf } from '@sluice/contract/fingerprint'
import { applyJsonPatch } from '@sluice/contract/json-patch'

/** What is changed on the way; nothing, one patch for all, or the whole event. */
export type RedriveChange = { edit: JsonPatch | null; event: string | null }

export type Composed =
  | {
      type: 'composed'
      /** The record value to append. */
      value: Uint8Array
      /** Null where no envelope can be read: then only the record itself can be appended again. */
      head: EnvelopeHead | null
      event: Uint8Array | null
    }
  | { type: 'fault'; detail: string }

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The record of a redrive. Unchanged it is the original, byte for byte; changed it keeps receipt, tenant, key and time of the
 * first one, under a fingerprint of its own. Whether the event is valid is not judged here.
 */
export function composeRedrive(original: Uint8Array, { edit, event }: RedriveChange): Composed {
  const reading = decodeEnvelope(original)
  if (reading.type === 'malformed') {
    if (edit === null && event === null) return { type: 'composed', value: original, head: null, event: null }
    return { type: 'fault', detail: 'The record is no envelope, so there is no event that could be changed.' }
  }
  const { head } = reading
  if (event !== null) return changed(head, event)
  if (edit === null) return { type: 'composed', value: original, head, event: reading.event }
  const before = eventText(reading.event)
  if (before === null)
    return { type: 'fault', detail: 'The event is not UTF-8, so it has no members that could be changed.' }
  const result = applyJsonPatch(before, edit)
  return result.ok
    ? changed(head, result.text)
    : { type: 'fault', detail: `Operation ${result.operation + 1} of the edit cannot be applied: ${result.detail}` }
}

function changed(head: EnvelopeHead, text: string): Composed {
  const event = Buffer.from(text)
  const changedHead = { ...head, fingerprint: fingerprintOf(event) }
  return { type: 'composed', value: encodeEnvelope(changedHead, event), head: changedHead, event }
}

/** Null for bytes that are no UTF-8. */
export function eventText(event: Uint8Array): string | null {
  try {
    return strictUtf8.decode(event)
  } catch {
    // Shown and judged as bytes.
    return null
  }
}
