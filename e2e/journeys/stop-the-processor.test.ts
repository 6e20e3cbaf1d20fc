import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import { readLag } from '../lag.ts'
import { openStack, STACKS } from '../open-stack.ts'
import { eventText, sendPatiently } from '../send.ts'

for (const kind of STACKS)
  test(`${kind}: stopping the processor lets the lag grow with a true oldest time, and starting it drains all`, {
    timeout: 400_000,
  }, async (t) => {
    const stack = await openStack(t, kind)
    const lag = () => readLag(stack)
    await stack.stopPart('processor')
    const before = Date.now()
    const receipts: string[] = []
    for (let number = 0; number < 20; number += 1) {
      const { status, body } = await sendPatiently(stack.ingestUrl, eventText(`e${number}`), { key: `k${number}` })
      assert.equal(status, 202)
      receipts.push(String(body.receipt_id))
    }
    const after = Date.now()

    const waiting = await eventually(async () => {
      const now = await lag()
      return now.partitions.every((one) => one.lag === 0 || one.oldest_waiting_at !== null) && now
    })
    assert.equal(waiting.total_lag, 20)
    const oldest = waiting.partitions.flatMap(({ oldest_waiting_at: at }) => (at === null ? [] : [Date.parse(at)]))
    // One machine has one clock; the log's time is cut to milliseconds.
    assert.ok(Math.min(...oldest) >= before - 1 && Math.min(...oldest) <= after)
    const where = async (receipt: string) =>
      (await (await fetch(`${stack.adminUrl}/admin/receipts/${receipt}`)).json()) as { state: string }
    // A log that does not answer admin in time makes it answer 503.
    await eventually(async () => (await where(receipts[7] ?? '')).state === 'waiting')

    await stack.startPart('processor')
    await eventually(async () => (await lag()).total_lag === 0)
    await eventually(async () => (await where(receipts[7] ?? '')).state === 'stored')
    // The first sign of life of the new process may come a second after its first batch.
    await eventually(async () => (await lag()).consuming)
    const [count] = await stack.sql('SELECT count(*) FROM events')
    assert.deepEqual(count, { count: '20' })
  })
