import assert from 'node:assert/strict'
import { test } from 'node:test'
import { delay } from '@sluice/runtime/backoff'
import { FULLEST_STACK, openStack } from '../open-stack.ts'
import { type Answer, eventText, send } from '../send.ts'
import type { Stack } from '../stack.ts'
import { IS_LONG } from './how-long.ts'

const LIMIT = 300
const SENT = 1_000
const SENDERS = 20
const WINDOW_MS = 60_000
/** Past the edge of the next minute and of the window that the first events stand in. */
const TRICKLE = { perSecond: 10, seconds: 100 }

/** An answer, and between which moments of this process it was made. */
type Timed = Answer & { sentMs: number; answeredMs: number }

for (const kind of FULLEST_STACK)
  test(`${kind}: B8: three ingest processes hold one limit of ${LIMIT} a minute`, { timeout: 600_000 }, async (t) => {
    const stack = await openStack(t, kind, { INGEST_WORKERS: '3', RATE_LIMIT_PER_MIN: String(LIMIT) })
    const startedMs = Date.now()
    const burst = await sendBurst(stack)
    const refused = burst.filter(({ status }) => status === 429)
    const turnedAway = burst.filter(({ status }) => status === 503).length
    assert.equal(accepted(burst).length + refused.length + turnedAway, SENT)
    // What a machine at its limit kept waiting for the gate is answered without it, and says so: each such answer may be one too many. What
    // it kept waiting for the log is answered 503, and may have been counted.
    const withoutGate = burst.filter(({ headers }) => headers.has('Sluice-Degraded')).length
    const surplus = accepted(burst).length - LIMIT
    t.diagnostic(
      `${accepted(burst).length} of ${SENT} accepted, ${withoutGate} answered without the gate, ${turnedAway} turned away`,
    )
    assert.ok(-surplus <= withoutGate + turnedAway, `${-surplus} too few`)
    // A burst that takes longer than a minute meets the limit of the next one.
    const windows = Math.ceil((Math.max(...burst.map(({ answeredMs }) => answeredMs)) - startedMs) / WINDOW_MS)
    assert.ok(surplus <= withoutGate + (windows - 1) * LIMIT, `${surplus} too many in ${windows} minutes`)
    for (const { headers } of refused) assert.ok(retryAfterMs(headers) >= 1_000 && retryAfterMs(headers) <= WINDOW_MS)
    if (!IS_LONG) return

    // Of the other tenant, for whom nobody else sends: what becomes free would go to whoever comes first.
    const lastOfOther = (await sendBurst(stack, 'key_b'))
      .filter(({ status }) => status === 429)
      .reduce((latest, one) => (one.answeredMs > latest.answeredMs ? one : latest))
    const [trickle, obeyed] = await Promise.all([sendTrickle(stack), sendAfter(stack, lastOfOther)])
    assert.equal(obeyed.status, 202, 'whoever waits as long as Retry-After says is taken')
    const taken = accepted([...burst, ...trickle])
      .filter(({ headers }) => !headers.has('Sluice-Degraded'))
      .sort((a, b) => a.sentMs - b.sentMs)
    t.diagnostic(`${taken.length} accepted in ${Math.round((Date.now() - (burst[0]?.sentMs ?? 0)) / 1_000)} s`)
    assert.ok(taken.length > LIMIT, 'the limit opened again')
    // Where the gate counted an event lies between its sending and its answer: this is a minute at the most.
    for (const [nth, { sentMs }] of taken.entries()) {
      const beyond = taken[nth + LIMIT]
      if (beyond === undefined) break
      assert.ok(beyond.answeredMs - sentMs >= WINDOW_MS, `${LIMIT + 1} within ${beyond.answeredMs - sentMs} ms`)
    }
  })

const accepted = (answers: readonly Timed[]) => answers.filter(({ status }) => status === 202)

const retryAfterMs = (headers: Headers) => Number(headers.get('Retry-After')) * 1_000

async function sendBurst(stack: Stack, apiKey = 'key_a'): Promise<Timed[]> {
  const answers: Timed[] = []
  let next = 0
  const sender = async () => {
    while (next < SENT) answers.push(await sendOne(stack, `burst-${next++}`, apiKey))
  }
  await Promise.all(Array.from({ length: SENDERS }, sender))
  return answers
}

async function sendTrickle(stack: Stack): Promise<Timed[]> {
  const answers: Promise<Timed>[] = []
  for (let nth = 0; nth < TRICKLE.perSecond * TRICKLE.seconds; nth++) {
    answers.push(sendOne(stack, `trickle-${nth}`))
    await delay(1_000 / TRICKLE.perSecond)
  }
  return Promise.all(answers)
}

async function sendAfter(stack: Stack, { headers, answeredMs }: Timed): Promise<Timed> {
  await delay(answeredMs + retryAfterMs(headers) - Date.now())
  return sendOne(stack, 'obedient', 'key_b')
}

async function sendOne({ ingestUrl }: Stack, key: string, apiKey = 'key_a'): Promise<Timed> {
  const sentMs = Date.now()
  const answer = await send(ingestUrl, eventText(key), { key, apiKey })
  return { ...answer, sentMs, answeredMs: Date.now() }
}
