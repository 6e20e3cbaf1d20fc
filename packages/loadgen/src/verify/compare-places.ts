import { decodeEnvelope } from '@sluice/contract/envelope'
import { fingerprintOf } from '@sluice/contract/fingerprint'
import type { Account } from './account.ts'
import { hashStored } from './content-hash.ts'
import { FLAG } from './event-columns.ts'
import type { Place } from './evidence.ts'
import type { Findings, WrongNumber } from './findings.ts'

/** Compares where things are with what was sent, place by place; what is missing is found afterwards. */
export function createPlaceComparison(account: Account, findings: Findings) {
  const { events, run } = account

  const isRefused = (index: number) =>
    !events.has(index, FLAG.accepted) && !events.has(index, FLAG.unknown) && events.openTriesOf(index) === 0

  function compare(place: Place): void {
    const { tenantId, key } = place
    // Of records that nobody can read nothing can be said here: they stand in the balance.
    if (tenantId === null || key === null || !key.startsWith(run.key_prefix)) return
    const say = (number: WrongNumber, why: string) => findings.add(number, () => ({ tenant: tenantId, key, why }))
    const known = account.keyOf(tenantId, key)
    if (known === null) {
      foreign(place, say)
      return
    }
    const index = events.find(known, place.fingerprint ?? '')
    if (place.place === 'event' && events.addRow(known) > 1) say('dupRows', 'more than one row')
    if (index === -1) {
      for (const one of events.ofKey(known)) events.set(one, FLAG.accountedElsewhere)
      say('altered', `${inWords(place)} with the fingerprint ${place.fingerprint} of nothing that was sent`)
      return
    }
    if (isRefused(index)) {
      say('ghost', `${inWords(place)}, though every try was refused`)
      return
    }
    if (place.receiptId !== null && events.isReceipt(index, place.receiptId)) events.set(index, FLAG.firstReceiptPlaced)
    if (place.place === 'event') stored(place, index, say)
    else setAside(place, index, known, say)
  }

  function foreign(place: Place, say: (number: WrongNumber, why: string) => void): void {
    for (const tenant of run.tenants) {
      const key = account.keyOf(tenant, place.key ?? '')
      if (key === null) continue
      for (const index of events.ofKey(key)) events.set(index, FLAG.accountedElsewhere)
      say('tenantLeak', `${inWords(place)}, though ${tenant} sent it`)
      return
    }
    say('ghost', `${inWords(place)}, though the run never sent it`)
  }

  function stored({ content }: Place & { place: 'event' }, index: number, say: (n: WrongNumber, why: string) => void) {
    events.set(index, FLAG.row)
    if (events.classOf(index).startsWith('bad')) say('wrongPlace', `stored, though it is ${events.classOf(index)}`)
    else if (!events.isContent(index, hashStored(content))) say('altered', 'stored otherwise than it was sent')
  }

  function setAside(
    { state, reason, original }: Place & { place: 'dead_letter' },
    index: number,
    key: number,
    say: (number: WrongNumber, why: string) => void,
  ) {
    const reading = decodeEnvelope(original)
    if (reading.type === 'malformed' || events.find(key, fingerprintOf(reading.event)) !== index)
      say('altered', 'the original bytes of the dead letter are not those sent')
    // Closed by a row, which must be there: without it the event is nowhere.
    if (state === 'redriven') return
    events.set(index, FLAG.deadLetter)
    if (state === 'open') events.set(index, FLAG.openDeadLetter)
    const eventClass = events.classOf(index)
    const isConflict = reason === 'IDEMPOTENCY_CONFLICT' && [...events.ofKey(key)].length > 1
    const isExpected = eventClass === 'bad-at-processor' ? reason === events.expectOf(index) : isConflict
    if (!isExpected) say('wrongPlace', `dead letter ${reason}, though it is ${eventClass} (${events.expectOf(index)})`)
  }

  return compare
}

const inWords = (place: Place) =>
  place.place === 'event'
    ? `a row of ${place.tenantId}`
    : `a dead letter of ${place.tenantId} (${place.state}, ${place.reason})`
