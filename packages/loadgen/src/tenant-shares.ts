import type { Sender } from './senders.ts'

/** The sender of one place in the schedule. */
export type SenderOf = (seq: number) => Sender

/** A sender and its whole-numbered share of the rate. */
export type Share = { sender: Sender; share: number }

/**
 * Deals the events out to the senders by their shares, each sender's as evenly over time as the shares allow (smooth
 * weighted round-robin): at shares 3 and 1 it is a a b a, not a a a b.
 */
export function createSenderOf(shares: readonly Share[]): SenderOf {
  const total = shares.reduce((sum, { share }) => sum + share, 0)
  const credits = shares.map(() => 0)
  const round: Sender[] = []
  for (let turn = 0; turn < total; turn++) {
    for (const [index, { share }] of shares.entries()) credits[index] = (credits[index] ?? 0) + share
    const next = credits.indexOf(Math.max(...credits))
    credits[next] = (credits[next] ?? 0) - total
    const chosen = shares[next]
    if (chosen !== undefined) round.push(chosen.sender)
  }
  return (seq) => {
    const sender = round[seq % round.length]
    if (sender === undefined) throw new RangeError('events need at least one sender')
    return sender
  }
}
