import assert from 'node:assert/strict'
import { test } from 'node:test'
import { delay } from '@sluice/runtime/backoff'
import { eventually } from '@sluice/runtime/testing/eventually'
import { Agent, request } from 'undici'
import { openStack, STACKS } from '../open-stack.ts'
import { eventText } from '../send.ts'
import type { PartName } from '../sluice-dev.ts'
import { storedEvents } from './under-load.ts'

const ROUNDS = 3
const RATE_PER_SECOND = 100

for (const kind of STACKS)
  test(`${kind}: R21: SIGTERM of ingest and processor in turn under load: 202 or 503, nothing is cut off, all is stored once`, {
    timeout: 240_000,
  }, async (t) => {
    const stack = await openStack(t, kind, { RATE_LIMIT_PER_MIN: '1000000' })
    // A connection each: on a kept one a request may cross with its end, which no server can prevent.
    const agent = new Agent({ pipelining: 0 })
    t.after(() => agent.destroy())
    const outcomes: Record<string, number> = {}
    const note = (outcome: string) => {
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    }
    /** True once it is accepted. */
    const post = async (key: string): Promise<boolean> => {
      try {
        const { statusCode, headers, body } = await request(`${stack.ingestUrl}/events`, {
          method: 'POST',
          dispatcher: agent,
          reset: true,
          headers: { 'content-type': 'application/json', 'x-api-key': 'key_a', 'idempotency-key': key },
          body: eventText(key),
        })
        await body.dump()
        note(
          statusCode === 503 && !(Number(headers['retry-after']) >= 1) ? '503 without Retry-After' : String(statusCode),
        )
        return statusCode === 202
      } catch (error) {
        note(String((error as { code?: string }).code))
        return false
      }
    }
    const ending = new AbortController()
    const load = (async () => {
      const underWay: Promise<void>[] = []
      for (let nth = 0; !ending.signal.aborted; nth += 1) {
        const untilAccepted = async () => {
          while (!(await post(`k${nth}`))) await delay(200)
        }
        underWay.push(untilAccepted())
        await delay(1_000 / RATE_PER_SECOND)
      }
      await Promise.all(underWay)
      return underWay.length
    })()

    await eventually(async () => (await storedEvents(stack)) > 50, { timeoutMs: 30_000 })
    for (let round = 0; round < ROUNDS; round += 1)
      for (const name of ['ingest', 'processor'] satisfies PartName[]) {
        const pid = await stack.pidOf(name)
        process.kill(pid, 'SIGTERM')
        await eventually(async () => (await stack.pidOf(name)) !== pid, { timeoutMs: 60_000, pauseMs: 200 })
        const before = await storedEvents(stack)
        await eventually(async () => (await storedEvents(stack)) > before, { timeoutMs: 60_000 })
      }
    ending.abort()
    const sent = await load
    t.diagnostic(JSON.stringify({ sent, ...outcomes }))
    await eventually(async () => (await storedEvents(stack)) === sent, { timeoutMs: 60_000 })
    const { 202: accepted, 503: unavailable = 0, ECONNREFUSED: refused = 0, ...others } = outcomes
    assert.deepEqual(others, {})
    assert.ok(accepted === sent && unavailable + refused > 0, 'each was accepted once, and some met the end')
  })
