import type { ReceiptBody, ReceiptStep } from '@sluice/contract/admin-api/receipts'
import { countOf, formatCount, formatMs, formatSeconds } from '../format.ts'
import { receiptTimeMs } from '../times.ts'

export type TimelineStep = ReceiptStep & {
  /** Milliseconds since the step before; null at the first, and where a time is not known. */
  gapMs: number | null
}

type Journey = Pick<ReceiptBody, 'steps' | 'state' | 'certain' | 'ahead' | 'oldest_waiting_at' | 'receipt_id'> & {
  dead_letter?: { pointer: string | null; reason: string; detail: string } | undefined
}

export function timelineSteps(steps: readonly ReceiptStep[]): TimelineStep[] {
  return steps.map((step, index) => {
    const before = steps[index - 1]?.at ?? null
    return {
      ...step,
      gapMs: step.at === null || before === null ? null : Math.max(0, Date.parse(step.at) - Date.parse(before)),
    }
  })
}

/** The steps that are still to come, as far as they can be known. */
export function openSteps({ state, steps }: Pick<ReceiptBody, 'state' | 'steps'>): ReceiptStep['step'][] {
  const has = (name: ReceiptStep['step']) => steps.some(({ step }) => step === name)
  if (state === 'waiting') return has('appended') ? ['stored'] : ['appended', 'stored']
  return state === 'redriving' ? ['stored'] : []
}

/** What became of an event, in one sentence. */
export function journeySentence(journey: Journey, nowMs: number): string {
  const { state, steps, certain, ahead, receipt_id } = journey
  const accepted = atOf(steps, 'accepted') ?? receiptTimeMs(receipt_id)
  const since = (at: number | null) => (at === null ? '' : ` for ${formatSeconds((nowMs - at) / 1000)}`)
  switch (state) {
    case 'stored': {
      const stored = atOf(steps, 'stored')
      const redriven = steps.some(({ step }) => step === 'redriven')
      if (stored === null || accepted === null) return 'Stored.'
      return `Stored ${formatMs(stored - accepted)} after it was accepted${redriven ? ', by a redrive' : ''}.`
    }
    case 'waiting': {
      const partition = steps.find(({ step }) => step === 'appended')?.source?.partition
      const place =
        ahead === null
          ? ''
          : `, ${ahead === 0 ? 'none' : formatCount(ahead)} ahead of it${partition === undefined ? '' : ` in partition ${partition}`}`
      return `Waiting${since(accepted)}${place}.${certain ? '' : ' Too much waits to look at all of it: this is told by the times.'}`
    }
    case 'dead_lettered': {
      const letter = journey.dead_letter
      return letter === undefined ? 'Dead-lettered.' : `Dead-lettered: ${letter.detail}`
    }
    case 'redriving':
      return 'Being redriven: its record is in the log again.'
    case 'dismissed':
      return 'Dismissed: it was set aside and will not be stored.'
    case 'unknown':
      return unknownSentence(journey, nowMs)
    default:
      return state satisfies never
  }
}

function unknownSentence({ receipt_id, certain, oldest_waiting_at }: Journey, nowMs: number): string {
  const made = receiptTimeMs(receipt_id)
  if (made === null) return 'Unknown: this is no receipt of this platform.'
  if (made > nowMs + 60_000) return 'Unknown: the time inside this receipt lies in the future.'
  const age = formatSeconds((nowMs - made) / 1000)
  const looked = certain
    ? 'It is in no table and does not wait in the log'
    : `It is in no table; too much waits to look at all of it${oldest_waiting_at === null ? '' : ', and the oldest is older'}`
  return `Unknown: made ${age} ago. ${looked}: never accepted here, or too old.`
}

function atOf(steps: readonly ReceiptStep[], name: ReceiptStep['step']): number | null {
  const at = steps.findLast(({ step }) => step === name)?.at ?? null
  return at === null ? null : Date.parse(at)
}

/** Suppressed repeats in words; null when nothing is known of them. */
export function repeatWords(repeats: ReceiptBody['repeats']): string | null {
  if (repeats === null || repeats.count === 0) return null
  return `${countOf(repeats.count, 'repeat')} of it ${repeats.count === 1 ? 'was' : 'were'} found and not stored again`
}
