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
/** Long beside the interval of the checks, also on a machine at its limit. */
const SHUTDOWN_DELAY = '3s'
const CHECK_EVERY_MS = 100

/** What a load balancer knows: whether the server behind it said of late that it is ready. */
function watchReadiness(url: string, until: AbortSignal): () => boolean {
  let isReady = false
  void (async () => {
    while (!until.aborted) {
      isReady = await fetch(`${url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      )
      await delay(CHECK_EVERY_MS, until)
    }
  })()
  return () => isReady
}

for (const kind of STACKS)
  test(`${kind}: R21: SIGTERM of ingest and processor in turn, behind a balancer: 202 or 503, nothing is cut off, all is stored once`, {
    timeout: 400_000,
  }, async (t) => {
    const stack = await openStack(t, kind, { RATE_LIMIT_PER_MIN: '1000000', SHUTDOWN_DELAY })
    const ended = new AbortController()
    t.after(() => ended.abort())
    const isReady = watchReadiness(stack.ingestUrl, ended.signal)
    // A connection each: on a kept one a request may cross with its end, which no server can prevent. Nor can it answer those
    // whom the system has connected when it stops to listen: that is what balancers ask beforehand for.
    const agent = new Agent({ pipelining: 0 })
    t.after(() => agent.destroy())
    const outcomes: Record<string, number> = {}
    const note = (outcome: string) => {
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    }
    /** True once it is accepted. */
    const post = async (key: string): Promise<boolean> => {
      while (!isReady()) await delay(CHECK_EVERY_MS, t.signal)
      t.signal.throwIfAborted()
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
    const { 202: accepted, 503: unavailable = 0, ...others } = outcomes
    assert.deepEqual(others, {})
    assert.equal(accepted, sent, `${unavailable} were told to come again`)
  })
