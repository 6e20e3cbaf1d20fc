import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import { Pool } from 'undici'
import { holdLog } from '../hold-engine.ts'
import { openStack, STACKS } from '../open-stack.ts'
import { eventText } from '../send.ts'
import { startProcess } from './our-process.ts'

const REQUESTS = 200

for (const kind of STACKS)
  test(`${kind}: R22: SIGTERM with 200 requests in hand and a log that stands still: each is answered, and it leaves by itself`, {
    timeout: 180_000,
  }, async (t) => {
    const stack = await openStack(t, kind)
    const ingest = await startProcess(t, 'ingest', { ...stack.engineSettings, RATE_LIMIT_PER_MIN: '100000' })
    await eventually(async () => (await ingest.status('/readyz')) === 200, { timeoutMs: 30_000 })
    const log = await holdLog(t, stack)
    const pool = new Pool(ingest.url, { connections: REQUESTS })
    t.after(() => pool.destroy())
    const answers = Array.from({ length: REQUESTS }, async (_, nth) => {
      const body = eventText(`e${nth}`)
      const headers = { 'content-type': 'application/json', 'x-api-key': 'key_a', 'idempotency-key': `k${nth}` }
      const answer = await pool.request({ path: '/events', method: 'POST', headers, body })
      await answer.body.dump()
      return { status: answer.statusCode, retryAfter: answer.headers['retry-after'] }
    })
    await log.awaitWaiter()
    ingest.child.kill('SIGTERM')

    // Status 0 is given only within 15 s; at the deadline it would be 1.
    assert.equal(await ingest.exited, 0, ingest.output())
    const statuses = new Map<number, number>()
    for (const { status, retryAfter } of await Promise.all(answers)) {
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      if (status === 503) assert.ok(Number(retryAfter) >= 1)
      else assert.equal(status, 202)
    }
    t.diagnostic(JSON.stringify(Object.fromEntries(statuses)))
    await log.release()
  })
