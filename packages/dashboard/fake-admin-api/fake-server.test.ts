import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LIVE_EVENTS } from '@sluice/contract/admin-api/live'
import { createEventStreamParser, type ServerSentEvent } from '@sluice/contract/event-stream'
import { Compile } from 'typebox/compile'
import { ANSWER_SCHEMAS } from '../admin-api/answer-schemas.ts'
import { pathOf, type QuestionName, ROUTES, type RouteName } from '../admin-api/routes.ts'
import { FAKE_SCENARIOS } from './fake-numbers.ts'
import { openFakeAdminApi } from './fake-server.ts'

const names = Object.keys(ROUTES) as RouteName[]
const questions = names.filter((name): name is QuestionName => ROUTES[name].method === 'GET')

test('the fake keeps to the contract, whatever the platform goes through', async (t) => {
  const fake = await openFakeAdminApi()
  t.after(() => fake[Symbol.asyncDispose]())
  const { data } = (await (await fetch(`${fake.url}/admin/dlq?state=open`)).json()) as {
    data: { id: string; receipt_id: string }[]
  }
  const letter = data.find(({ receipt_id }) => receipt_id !== null)
  assert.ok(letter)
  const filter = { filter: { state: 'open', reason: 'MISSING_FIELD' } }
  const { matched } = (await (await post(fake.url, '/admin/dlq/check', filter)).json()) as { matched: number }
  const started = await post(fake.url, '/admin/redrives', {
    operation_id: 'o1',
    ...filter,
    rate_per_second: 50,
    confirm_count: matched,
  })
  const job = (await started.json()) as { id: string }
  for (const scenario of FAKE_SCENARIOS.filter((name) => name !== 'error_503' && name !== 'slow_5s')) {
    fake.platform.setScenario(scenario)
    for (const name of questions) {
      const id = name === 'redriveJob' ? job.id : letter.id
      for (const tenant of name === 'searchEvent' || name === 'byIdempotencyKey'
        ? ['shop']
        : [undefined, 'huge', 'hostile', 'unknown_numbers', 'stale']) {
        const path = pathOf(name, {
          id,
          receipt_id: letter.receipt_id,
          tenant,
          eventId: 'x',
          idempotencyKey: 'x',
          limit: 3,
        })
        const answer = await fetch(fake.url + path)
        assert.equal(answer.status, 200, `${scenario} ${path}`)
        const validator = Compile(ANSWER_SCHEMAS[name])
        const body: unknown = await answer.json()
        assert.ok(validator.Check(body), `${scenario} ${path}: ${JSON.stringify(validator.Errors(body)[0])}`)
      }
    }
  }
})

test('the fake streams what the contract says, filtered, and nothing of a platform that nobody uses', async (t) => {
  const fake = await openFakeAdminApi()
  t.after(() => fake[Symbol.asyncDispose]())
  const read = async (query: string, isEnough: (events: ServerSentEvent[]) => boolean) => {
    const leave = new AbortController()
    const response = await fetch(`${fake.url}/admin/live${query}`, { signal: leave.signal })
    assert.equal(response.status, 200)
    const parser = createEventStreamParser()
    const events: ServerSentEvent[] = []
    for await (const bytes of response.body ?? []) {
      events.push(...parser.push(new TextDecoder().decode(bytes)))
      if (isEnough(events)) break
    }
    leave.abort()
    return events
  }
  for (const query of ['', '?tenant=huge', '?tenant=hostile', '?outcome=dead_lettered']) {
    const events = await read(query, (all) => all.length > 20)
    for (const { event, data } of events) {
      const validator = Compile(LIVE_EVENTS[event as keyof typeof LIVE_EVENTS])
      const body: unknown = JSON.parse(data)
      assert.ok(validator.Check(body), `${query} ${event}: ${JSON.stringify(validator.Errors(body)[0])}`)
    }
    const outcomes = new Set(events.flatMap(({ event, data }) => (event === 'item' ? [JSON.parse(data).outcome] : [])))
    assert.equal(outcomes.has('accepted'), query !== '?outcome=dead_lettered')
  }
  fake.platform.setScenario('first_run')
  const quiet = await read('', (all) => all.length > 0)
  assert.deepEqual(
    quiet.map(({ event }) => event),
    ['open'],
  )
})

const post = (url: string, path: string, body: unknown) =>
  fetch(url + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

test('a job runs at its rate, can be cancelled, and is done once', async (t) => {
  let nowMs = Date.parse('2026-01-02T03:04:05Z')
  const fake = await openFakeAdminApi({ now: () => nowMs })
  t.after(() => fake[Symbol.asyncDispose]())
  const filter = { filter: { state: 'open', reason: 'MISSING_FIELD' } }
  const { matched } = (await (await post(fake.url, '/admin/dlq/check', filter)).json()) as { matched: number }
  const start = { operation_id: 'o1', ...filter, rate_per_second: 10, confirm_count: matched }
  const first = (await (await post(fake.url, '/admin/redrives', start)).json()) as { id: string }
  const again = (await (await post(fake.url, '/admin/redrives', start)).json()) as { id: string }
  assert.equal(again.id, first.id)
  const taken = (await (await fetch(`${fake.url}/admin/dlq/count?job=${first.id}`)).json()) as { count: number }
  assert.equal(taken.count, matched)
  nowMs += 2_000
  const job = (await (await fetch(`${fake.url}/admin/redrives/${first.id}`)).json()) as {
    state: string
    done: number
    remaining: number
  }
  assert.deepEqual(
    { state: job.state, done: job.done, remaining: job.remaining },
    { state: 'running', done: 21, remaining: matched - 21 },
  )
  const cancelled = (await (
    await post(fake.url, `/admin/redrives/${first.id}/cancel`, { operation_id: 'o2' })
  ).json()) as { state: string; left_out: number }
  assert.deepEqual(
    { state: cancelled.state, left_out: cancelled.left_out },
    { state: 'cancelled', left_out: matched - 21 },
  )
})
