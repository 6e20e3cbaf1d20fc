import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import { holdLog } from '../hold-engine.ts'
import { openStack, STACKS } from '../open-stack.ts'
import { proveLedger } from './expect-ledger.ts'
import { startProcess } from './our-process.ts'
import { startTraffic } from './traffic.ts'

const REQUESTS = 200
/** All within some milliseconds, each tried once. */
const AT_ONCE = [
  ...['--rps', String(REQUESTS * 100), '--duration', '10ms', '--patience', '0s'],
  ...['--duplicate-rate', '0', '--conflict-rate', '0', '--bad-rate', '0', '--edge-rate', '0', '--tenants', 'tenant_a'],
]
/** So long an append may be under way whose outcome nobody was told. */
const LONGEST_APPEND_MS = 4_000

for (const kind of STACKS)
  test(`${kind}: R22: SIGTERM with 200 requests in hand and a log that stands still: each is answered, and it leaves by itself`, {
    timeout: 600_000,
  }, async (t) => {
    const stack = await openStack(t, kind)
    const ingest = await startProcess(t, 'ingest', { ...stack.engineSettings, RATE_LIMIT_PER_MIN: '100000' })
    await eventually(async () => (await ingest.status('/readyz')) === 200)
    const log = await holdLog(t, stack, ingest.url)
    const traffic = startTraffic(t, { ingestUrl: ingest.url }, AT_ONCE)
    await log.awaitWaiter()
    ingest.child.kill('SIGTERM')

    // Status 0 is given only within 15 s; at the deadline it would be 1.
    assert.equal(await ingest.exited, 0, ingest.output())
    const { tally } = await traffic.end()
    const { accepted, server_error: comeAgain } = tally.outcomes
    t.diagnostic(`${accepted} accepted, ${comeAgain} told to come again`)
    assert.deepEqual([accepted + comeAgain, tally.unanswered], [REQUESTS, 0], JSON.stringify(tally.outcomes))
    await log.release()
    // That each 503 said when to come again, and that each 202 is a row, say the verifiers.
    await proveLedger(t, stack, traffic.ledger, { quietMs: LONGEST_APPEND_MS })
  })
