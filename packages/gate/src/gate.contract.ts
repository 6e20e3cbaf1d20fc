import { describe } from 'node:test'
import { describeAgreement } from './contract/agreement.contract.ts'
import { describeClaims } from './contract/claims.contract.ts'
import { describeContention } from './contract/contention.contract.ts'
import { describeCounts } from './contract/counts.contract.ts'
import type { OpenTestGate } from './contract/fixture.contract.ts'
import { describeLargeCall } from './contract/large-call.contract.ts'
import { describeLimits } from './contract/limits.contract.ts'
import { describeRidingEnds } from './contract/riding-ends.contract.ts'
import { describeSettle } from './contract/settle.contract.ts'

/** What every gate must do; its engine is up all the time. What happens while it is away: contract/outage.contract.ts. */
export function describeGate(adapter: string, open: OpenTestGate): void {
  describe(`Gate contract: ${adapter}`, () => {
    describeClaims(open)
    describeSettle(open)
    describeRidingEnds(open)
    describeLimits(open)
    describeCounts(open)
    describeContention(open)
    describeLargeCall(open)
    describeAgreement(open)
  })
}
