import type { Account } from './account.ts'
import { FLAG } from './event-columns.ts'
import type { Evidence, ReceiptPlace } from './evidence.ts'
import type { Findings } from './findings.ts'

/** What became of the events that are open: it may be either, and both are in order. */
export type UnknownCounts = { unknownSettled: number; unknownAbsent: number }

/** Receipts asked for one by one at most; beyond it the export alone decides. */
const MAX_LOOK_UPS = 20_000
const LOOK_UPS_AT_ONCE = 8

/**
 * Once every place is compared: what was accepted and is in none, what is in two, and which receipts lead nowhere. What no
 * place accounts for is asked for by its receipt before it is called lost: a repeat's receipt stands in no row.
 */
export async function findMissing(
  account: Account,
  evidence: Pick<Evidence, 'findReceipt'>,
  findings: Findings,
): Promise<UnknownCounts> {
  const { events } = account
  const counts: UnknownCounts = { unknownSettled: 0, unknownAbsent: 0 }
  const lookUps: (() => Promise<void>)[] = []
  let notLookedUp = 0
  const say = (number: Parameters<Findings['add']>[0], index: number, why: string) =>
    findings.add(number, () => account.exampleOf(index, why))

  for (let index = 0; index < events.count; index++) {
    const hasPlace = events.has(index, FLAG.row) || events.has(index, FLAG.deadLetter)
    if (events.has(index, FLAG.row) && events.has(index, FLAG.openDeadLetter))
      say('both', index, 'a row and an open dead letter')
    if (!events.has(index, FLAG.accepted)) {
      if (events.has(index, FLAG.unknown)) counts[hasPlace ? 'unknownSettled' : 'unknownAbsent']++
      continue
    }
    const further = account.furtherReceipts(index)
    const isPlaced = hasPlace && events.has(index, FLAG.firstReceiptPlaced)
    if (isPlaced && further.length === 0) continue
    if (lookUps.length >= MAX_LOOK_UPS) notLookedUp += hasPlace ? 0 : 1
    else lookUps.push(() => lookUp(index, isPlaced ? further : [events.receiptOf(index), ...further], hasPlace))
  }

  async function lookUp(index: number, receipts: readonly string[], hasPlace: boolean): Promise<void> {
    const found: ReceiptPlace[] = []
    for (const receipt of receipts) {
      const place = await evidence.findReceipt(receipt)
      found.push(place)
      if (place.state === 'unknown') say('receiptLost', index, `nobody knows the receipt ${receipt}`)
      else if (place.key !== null && place.key !== account.exampleOf(index, '').key)
        say('receiptLost', index, `the receipt ${receipt} leads to the key ${place.key}`)
    }
    if (hasPlace) return
    if (found.some(({ state }) => state === 'waiting')) say('stillWaiting', index, 'still in the log')
    else if (found.every(({ state }) => state !== 'settled')) missing(index)
  }

  function missing(index: number): void {
    if (events.has(index, FLAG.accountedElsewhere)) return
    say('lost', index, `accepted under the receipt ${events.receiptOf(index)}, and nowhere`)
    if (events.has(index, FLAG.saidDuplicate)) say('falseDup', index, 'duplicate: true for an event that is nowhere')
  }

  await inLanes(lookUps, LOOK_UPS_AT_ONCE)
  findings.addMany('lost', notLookedUp, 'too many to ask for their receipts one by one')
  return counts
}

async function inLanes(works: readonly (() => Promise<void>)[], lanes: number): Promise<void> {
  const queue = works.values() // shared: each lane takes the next one
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (const work of queue) await work()
    }),
  )
}
