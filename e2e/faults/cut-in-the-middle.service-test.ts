import assert from 'node:assert/strict'
import { test } from 'node:test'
import { delay } from '@sluice/runtime/backoff'
import { type IsAwaited, openTcpLink } from '@sluice/runtime/testing/tcp-link'
import { openFullStack } from '../full-stack.ts'
import { GOES_ON_MS, measureDraining } from './draining.ts'
import { expectLedger } from './expect-ledger.ts'
import { startProcessor } from './processors.ts'

/** Long enough for every client to meet the cut, and far below the session time-out. */
const CUT_MS = 2_000

/** A request of Kafka begins with its length, four bytes, and the number of its kind, two: KIP-482, "Request Header". */
const isRequest =
  (kind: number): IsAwaited =>
  (bytes) =>
    bytes.length >= 6 && bytes.readInt16BE(4) === kind

const CUTS = { fetch: isRequest(1), 'offset commit': isRequest(8), join: isRequest(11) } as const

test('full: R10: cut from the broker in the middle of fetch, offset commit and join: goes on, all is accounted for', {
  timeout: 900_000,
}, async (t) => {
  await using link = await openTcpLink()
  const advertise = (port: number) => {
    link.leadTo(port)
    return link.port
  }
  const stack = await openFullStack(t, { env: { RATE_LIMIT_PER_MIN: '1000000' }, kafka: { advertise } })
  t.after(() => link.pass())
  await expectLedger(t, stack, async () => {
    for (const [what, isAwaited] of Object.entries(CUTS)) {
      const cut = link.cutAt(isAwaited)
      // Somebody who joins makes everybody join.
      if (what === 'join') await startProcessor(t, stack)
      await cut
      await delay(CUT_MS)
      link.pass()
      t.diagnostic(`cut in the middle of ${what}`)
      const tookMs = await measureDraining(t, stack, performance.now())
      assert.ok(tookMs < GOES_ON_MS, `${tookMs} ms`)
    }
  })
})
