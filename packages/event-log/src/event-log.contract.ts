import { describe } from 'node:test'
import { describeAppending } from './contract/appending.contract.ts'
import { describeConsuming } from './contract/consuming.contract.ts'
import { describeGroups } from './contract/groups.contract.ts'
import { describeLooking } from './contract/looking.contract.ts'
import type { OpenHarness } from './testing/harness.ts'

/** The suite that every adapter of the EventLog port passes. */
export function describeEventLog(adapter: string, openHarness: OpenHarness): void {
  describe(`EventLog contract: ${adapter}`, () => {
    describeAppending(openHarness)
    describeConsuming(openHarness)
    describeGroups(openHarness)
    describeLooking(openHarness)
  })
}
