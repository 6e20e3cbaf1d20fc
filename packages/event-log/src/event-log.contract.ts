import { describe } from 'node:test'
import { describeAppending } from './contract/appending.contract.ts'
import { describeConsuming } from './contract/consuming.contract.ts'
import { describeGroups } from './contract/groups.contract.ts'
import { describeLooking } from './contract/looking.contract.ts'
import { describeRemote } from './contract/remote.contract.ts'
import type { OpenHarness, OpenRemoteHarness } from './testing/harness.ts'

/** The suite that every adapter of the EventLog port passes. */
export function describeEventLog(adapter: string, openHarness: OpenHarness): void {
  describe(`EventLog contract: ${adapter}`, () => {
    describeAppending(openHarness)
    describeConsuming(openHarness)
    describeGroups(openHarness)
    describeLooking(openHarness)
  })
}

/** The suite that every adapter of an engine outside of this process passes besides. */
export function describeRemoteEventLog(adapter: string, openHarness: OpenRemoteHarness): void {
  describe(`EventLog contract of a remote engine: ${adapter}`, () => describeRemote(openHarness))
}
