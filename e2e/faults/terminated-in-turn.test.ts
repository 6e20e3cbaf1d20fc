import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { delay } from '@sluice/runtime/backoff'
import { eventually } from '@sluice/runtime/testing/eventually'
import { Agent, request } from 'undici'
import { openStack, STACKS } from '../open-stack.ts'
import { eventText } from '../send.ts'
import type { PartName } from '../sluice-dev.ts'
import type { Stack } from '../stack.ts'
import { expectLedger } from './expect-ledger.ts'
import { storedEvents } from './under-load.ts'

const ROUNDS = 3
const RATE_PER_SECOND = 100
/** Long beside the interval of the checks, also on a machine at its limit. */
const SHUTDOWN_DELAY = '3s'
const CHECK_EVERY_MS = 100
const LONGEST_CHECK_MS = 1_500
/** A repeat of what was answered 503, as a log may on a machine at its limit, while the claim of the first try is still held. */
const TOO_EARLY = '409 after a 503'

for (const kind of STACKS)
  test(`${kind}: R21: SIGTERM of ingest and processor in turn, behind a balancer: 202 or 503, nothing is cut off, all is stored once`, {
    timeout: 900_000,
  }, async (t) => {
    const stack = await openStack(t, kind, { RATE_LIMIT_PER_MIN: '1000000', SHUTDOWN_DELAY })
    // Some producers have no balancer before them: what is cut off they send again.
    await expectLedger(t, stack, () => terminateInTurn(t, stack), { traffic: ['--rps', '20'] })
  })

async function terminateInTurn(t: TestContext, stack: Stack): Promise<void> {
  const ending = new AbortController()
  const load = loadBehindBalancer(t, stack, ending.signal)
  for (let round = 0; round < ROUNDS; round += 1)
    for (const name of ['ingest', 'processor'] satisfies PartName[]) {
      const pid = await stack.pidOf(name)
      process.kill(pid, 'SIGTERM')
      await eventually(async () => (await stack.pidOf(name)) !== pid, { pauseMs: 200 })
      const before = await storedEvents(stack)
      await eventually(async () => (await storedEvents(stack)) > before)
    }
  ending.abort()
  const { sent, outcomes } = await load
  t.diagnostic(JSON.stringify({ sent, ...outcomes }))
  const stored = async () =>
    (await stack.sql<{ n: number }>("SELECT count(*)::int AS n FROM events WHERE idempotency_key LIKE 'balanced-%'"))[0]
      ?.n
  await eventually(async () => (await stored()) === sent)
  const { 202: accepted, 503: unavailable = 0, [TOO_EARLY]: _, ...others } = outcomes
  assert.deepEqual(others, {})
  assert.equal(accepted, sent, `${unavailable} were told to come again`)
}

/** Sends while ingest is ready, each event until it is accepted. Resolves with what became of the tries. */
async function loadBehindBalancer(
  t: TestContext,
  stack: Stack,
  until: AbortSignal,
): Promise<{ sent: number; outcomes: Record<string, number> }> {
  const ended = new AbortController()
  t.after(() => ended.abort())
  const isReady = watchReadiness(stack.ingestUrl, ended.signal)
  // A connection each: on a kept one a request may cross with its end, which no server can prevent. Nor can it answer those
  // whom the system has connected when it stops to listen: that is what balancers ask beforehand for.
  const agent = new Agent({ pipelining: 0 })
  t.after(() => agent.destroy())
  const outcomes: Record<string, number> = {}
  const underWay: Promise<void>[] = []
  const untilAccepted = async (key: string) => {
    let isUnknown = false
    for (let outcome = ''; outcome !== '202'; ) {
      while (!isReady()) await delay(CHECK_EVERY_MS, t.signal)
      t.signal.throwIfAborted()
      outcome = await post(agent, stack.ingestUrl, key)
      if (outcome === '409' && isUnknown) outcome = TOO_EARLY
      if (outcome === '503') isUnknown = true
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
      if (outcome !== '202') await delay(200)
    }
  }
  for (let nth = 0; !until.aborted; nth += 1) {
    underWay.push(untilAccepted(`balanced-${nth}`))
    await delay(1_000 / RATE_PER_SECOND)
  }
  await Promise.all(underWay)
  return { sent: underWay.length, outcomes }
}

/** The status of one try, in words where it is not as it must be; the error's code when there is none. */
async function post(agent: Agent, ingestUrl: string, key: string): Promise<string> {
  try {
    const { statusCode, headers, body } = await request(`${ingestUrl}/events`, {
      method: 'POST',
      dispatcher: agent,
      reset: true,
      headers: { 'content-type': 'application/json', 'x-api-key': 'key_a', 'idempotency-key': key },
      body: eventText(key),
    })
    await body.dump()
    const isVague = statusCode === 503 && !(Number(headers['retry-after']) >= 1)
    return isVague ? '503 without Retry-After' : String(statusCode)
  } catch (error) {
    return String((error as { code?: string }).code)
  }
}

/**
 * What a load balancer knows: whether the server behind it said of late that it is ready. A check that a busy machine held up for half of the
 * server's own delay tells nothing of now.
 */
function watchReadiness(url: string, until: AbortSignal): () => boolean {
  let readyMs = Number.NEGATIVE_INFINITY
  void (async () => {
    while (!until.aborted) {
      const askedMs = performance.now()
      readyMs = await fetch(`${url}/readyz`).then(
        ({ ok }) => (ok ? askedMs : Number.NEGATIVE_INFINITY),
        () => Number.NEGATIVE_INFINITY,
      )
      await delay(CHECK_EVERY_MS, until)
    }
  })()
  return () => performance.now() - readyMs < LONGEST_CHECK_MS
}
