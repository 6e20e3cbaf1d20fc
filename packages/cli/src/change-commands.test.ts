import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'
import { describe, it } from 'node:test'
import { answer, problem, startServer } from './testing/answering-server.ts'
import { runSluice } from './testing/run-sluice.ts'

const CHECKED = {
  matched: 142,
  left_out: { state: 1, attempts: 2 },
  checked: 142,
  would_pass: 137,
  would_fail: [{ reason: 'INVALID_FIELD', pointer: '/occurred_at', detail: 'bad', count: 5, example_id: 'd9' }],
  sample: [{ id: 'd9', before: '{"a":"\u001b"}', after: '{"a":2}', passes: false }],
}
const aJob = (facts: object = {}) => ({
  ...{ id: 'j1', state: 'running', matched: 142, done: 0, stored: 0, failed_again: 0, waiting: 0, left_out: 0 },
  ...facts,
})
const LETTER = { dead_letter: { id: 'd1', state: 'redriving' }, job_id: 'j1' }

/** Answers by the path asked; what is not named is 404. */
const routes =
  (answers: Readonly<Record<string, RequestListener>>): RequestListener =>
  (request, response) =>
    (answers[`${request.method} ${request.url}`] ?? answer(404, problem('NOT_FOUND', 'No such path.')))(
      request,
      response,
    )

describe('dlq check', { concurrency: true }, () => {
  it('tells what would pass and why the rest would not, the filter in the words of the API', async (t) => {
    const { url, requests } = await startServer(t, answer(200, CHECKED))
    const end = await runSluice(
      ['dlq', 'check', '--reason', 'MISSING_FIELD', '--tenant', 'a', '--type', 't', '--event-id', 'e', '--edit', '-'],
      { env: { ADMIN_URL: url }, stdin: '[{"op":"add","path":"/n","value":12345678901234567890}]' },
    )
    assert.equal(end.code, 0, end.stderr)
    assert.match(
      end.stdout,
      /^142 match; 1 left out by their state, 2 as they failed too often\n137 would pass, 5 would/,
    )
    assert.match(end.stdout, /5 +INVALID_FIELD +\/occurred_at +d9 +bad/)
    assert.match(end.stdout, /before {2}\{"a":"\\u\{1b\}"\}\nafter {3}\{"a":2\}\n$/)
    assert.equal(requests[0]?.line, 'POST /admin/dlq/check')
    assert.equal(
      requests[0]?.text,
      '{"filter":{"tenant_id":"a","event_type":"t","reason":"MISSING_FIELD","event_id":"e"},"edit":[{"op":"add","path":"/n","value":12345678901234567890}]}',
    )
  })

  it('ends with 5 when nothing matches, and with 2 on an edit that is none', async (t) => {
    const { url } = await startServer(t, answer(200, { ...CHECKED, matched: 0 }))
    assert.equal((await runSluice(['dlq', 'check', '--all'], { env: { ADMIN_URL: url } })).code, 5)
    for (const edit of ['{}', 'x']) {
      const end = await runSluice(['dlq', 'check', '--all', '--edit', '-'], { env: { ADMIN_URL: url }, stdin: edit })
      assert.deepEqual([end.code, end.stdout], [2, ''])
      assert.match(end.stderr, /--edit must be/)
    }
    const missing = await runSluice(['dlq', 'check', '--all', '--edit', '/no/such'], { env: { ADMIN_URL: url } })
    assert.equal(missing.code, 2)
  })
})

describe('dlq redrive', { concurrency: true }, () => {
  it('redrives one at once', async (t) => {
    const { url, requests } = await startServer(t, answer(202, LETTER))
    const end = await runSluice(['dlq', 'redrive', 'd1', '--by', 'ada', '--note', 'fixed'], { env: { ADMIN_URL: url } })
    assert.deepEqual([end.code, end.stdout], [0, 'd1  redriving  job j1\n'])
    assert.equal(requests[0]?.line, 'POST /admin/dlq/d1/redrive')
    const { operation_id: id, ...rest } = requests[0]?.body ?? {}
    assert.match(String(id), /^[\da-f-]{36}$/)
    assert.deepEqual(rest, { by: 'ada', note: 'fixed' })
  })

  it('only counts many without --yes', async (t) => {
    const { url, asked } = await startServer(t, routes({ 'POST /admin/dlq/check': answer(200, CHECKED) }))
    const end = await runSluice(['dlq', 'redrive', '--reason', 'MISSING_FIELD'], { env: { ADMIN_URL: url } })
    assert.equal(end.code, 2)
    assert.match(end.stdout, /^142 match/)
    assert.match(end.stderr, /nothing was changed: add --yes to redrive 142/)
    assert.deepEqual(asked, ['POST /admin/dlq/check'])
  })

  it('confirms the count that was checked, waits for the job, and ends with 1 when some failed again', async (t) => {
    let looks = 0
    const { url, requests } = await startServer(
      t,
      routes({
        'POST /admin/dlq/check': answer(200, CHECKED),
        'POST /admin/redrives': answer(202, aJob()),
        'GET /admin/redrives/j1': (request, response) => {
          looks += 1
          const job =
            looks === 1 ? { done: 80, stored: 70 } : { state: 'done', done: 142, stored: 140, failed_again: 2 }
          answer(200, aJob(job))(request, response)
        },
      }),
    )
    const end = await runSluice(['dlq', 'redrive', '--all', '--rate', '200', '--yes', '--wait'], {
      env: { ADMIN_URL: url },
    })
    assert.equal(end.code, 1, end.stderr)
    assert.match(end.stdout, /state +done\n/)
    assert.match(end.stderr, /80 of 142 appended, 70 stored, 0 failed again/)
    const { operation_id: _, ...body } = requests[1]?.body ?? {}
    assert.deepEqual(body, { filter: {}, rate_per_second: 200, confirm_count: 142 })
  })

  it('says on no answer how to send the same again, and obeys the id', async (t) => {
    const { url } = await startServer(t, (request) => void request.socket.destroy())
    const end = await runSluice(['dlq', 'redrive', 'd1'], { env: { ADMIN_URL: url } })
    assert.equal(end.code, 3)
    const id = /--operation-id ([\da-f-]{36}) does it once/.exec(end.stderr)?.[1] ?? ''
    const again = await startServer(t, answer(202, LETTER))
    await runSluice(['dlq', 'redrive', 'd1', '--operation-id', id], { env: { ADMIN_URL: again.url } })
    assert.equal(again.requests[0]?.body?.operation_id, id)
  })
})

describe('dlq dismiss and redrives', { concurrency: true }, () => {
  it('dismisses one, and several with --yes', async (t) => {
    const { url, requests } = await startServer(t, answer(202, { dead_letter: { id: 'd1', state: 'dismissed' } }))
    const dismiss = (...args: string[]) => runSluice(['dlq', 'dismiss', ...args], { env: { ADMIN_URL: url } })
    assert.equal((await dismiss('d1', 'd2', '--note', 'test data')).code, 2)
    assert.equal(requests.length, 0)
    const end = await dismiss('d1', 'd2', '--note', 'test data', '--yes')
    assert.deepEqual([end.code, end.stdout], [0, 'd1  dismissed\nd1  dismissed\n'])
    assert.deepEqual(
      requests.map(({ line, body }) => [line, body?.note]),
      [
        ['POST /admin/dlq/d1/dismiss', 'test data'],
        ['POST /admin/dlq/d2/dismiss', 'test data'],
      ],
    )
    assert.notEqual(requests[0]?.body?.operation_id, requests[1]?.body?.operation_id)
  })

  it('lists, shows and cancels jobs', async (t) => {
    const { url, asked } = await startServer(
      t,
      routes({
        'GET /admin/redrives?limit=20&state=running': answer(200, { data: [aJob({ by: 'ada' })], next_cursor: 'n' }),
        'GET /admin/redrives/j1': answer(200, aJob({ seconds_left: 65 })),
        'POST /admin/redrives/j1/cancel': answer(202, aJob({ state: 'cancelled' })),
      }),
    )
    const redrives = (...args: string[]) => runSluice(['redrives', ...args], { env: { ADMIN_URL: url } })
    const [list, shown, cancelled, unknown] = [
      await redrives('ls', '--state', 'running'),
      await redrives('show', 'j1'),
      await redrives('cancel', 'j1', '--json'),
      await redrives('show', 'j2'),
    ]
    assert.match(list.stdout, /running +142 +0 +0 +0 +- +ada +j1\n$/)
    assert.match(list.stderr, /--cursor n/)
    assert.match(shown.stdout, /time left +1 min 5 s\n$/)
    assert.equal(JSON.parse(cancelled.stdout).state, 'cancelled')
    assert.deepEqual([list.code, shown.code, cancelled.code, unknown.code], [0, 0, 0, 5])
    assert.equal(asked.length, 4)
  })
})
