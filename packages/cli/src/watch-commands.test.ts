import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { describe, it } from 'node:test'
import { toLastEventId, toServerSentEvent } from '@sluice/contract/event-stream'
import { eventually } from '@sluice/runtime/testing/eventually'
import { answer, problem, startServer } from './testing/answering-server.ts'
import { runSluice, startSluice } from './testing/run-sluice.ts'

const ITEM = {
  ...{ outcome: 'dead_lettered', at: '2026-01-31T12:00:00.000Z', tenant_id: 'acme', event_type: null },
  ...{ event_id: '\u001b[2J', receipt_id: 'r1', reason: 'MISSING_FIELD', pointer: '/event_type' },
}
const LINE = '2026-01-31T12:00:00.000Z  dead-lettered  acme  -  \\u{1b}[2J  r1  MISSING_FIELD /event_type\n'
const item = toServerSentEvent('item', JSON.stringify(ITEM))

describe('tail', { concurrency: true }, () => {
  it('writes a line for each, says what is left out, and ends with 130 on Ctrl-C', async (t) => {
    const { url, asked } = await startServer(t, (_request, response) => {
      response.writeHead(200)
      const leftOut = { matched: 9, shown: 2, sampled: 4, slow: 3, unread: 0 }
      response.write(item + toServerSentEvent('left_out', JSON.stringify(leftOut)))
    })
    const sluice = startSluice(t, ['tail', '--tenant', 'acme', '--type', 'a&b', '--outcome', 'dead_lettered'], {
      env: { ADMIN_URL: url },
    })
    await eventually(() => sluice.stdout() === LINE && sluice.stderr().includes('left out'))
    assert.match(sluice.stderr(), /left out: 4 as more than is shown happened, 3 as this reader was slow; 2 of 9 shown/)
    assert.deepEqual(asked, ['GET /admin/live?tenant=acme&eventType=a%26b&outcome=dead_lettered'])
    sluice.kill('SIGINT')
    assert.equal(await sluice.ended, 130)
  })

  it('goes on at the same place when the connection breaks', async (t) => {
    const ids: unknown[] = []
    const responses: ServerResponse[] = []
    const { url } = await startServer(t, (request, response) => {
      ids.push(request.headers['last-event-id'])
      responses.push(response)
      if (ids.length === 2) return answer(503, problem('SHUTTING_DOWN', 'Leaving.'))(request, response)
      response.writeHead(200)
      response.write(toLastEventId(`place-${ids.length}`) + item)
    })
    const sluice = startSluice(t, ['tail', '--json'], { env: { ADMIN_URL: url } })
    // What breaks off before it was read takes what came before along.
    await eventually(() => sluice.stdout().endsWith('\n'))
    responses[0]?.destroy()
    await eventually(() => sluice.stdout().split('\n').length === 3)
    assert.deepEqual(ids, [undefined, 'place-1', 'place-1'])
    assert.deepEqual(
      sluice
        .stdout()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
      [ITEM, ITEM],
    )
    sluice.kill('SIGINT')
    await sluice.ended
  })

  it('ends quietly when nobody reads any more', async (t) => {
    const { url } = await startServer(t, (_request, response) => {
      response.writeHead(200)
      const more = setInterval(() => response.write(item), 20)
      response.once('close', () => clearInterval(more))
    })
    const sluice = startSluice(t, ['tail'], { env: { ADMIN_URL: url } })
    await eventually(() => sluice.stdout() !== '')
    sluice.closeStdout()
    assert.equal(await sluice.ended, 0)
  })

  it('ends with 3 when nobody answers at first, and with 4 when it may not', async (t) => {
    assert.equal((await runSluice(['tail', '--admin-url', 'http://127.0.0.1:1'])).code, 3)
    const { url } = await startServer(t, answer(401, problem('UNAUTHENTICATED', 'Send the token.')))
    assert.equal((await runSluice(['tail'], { env: { ADMIN_URL: url } })).code, 4)
  })
})

describe('balance and tenants', { concurrency: true }, () => {
  const sum = { accepted: 10, stored: 7, dead_lettered: 1, repeats: 1, waiting: 0, per_minute: [], candidates: [] }
  const cases: [string, object, number, RegExp][] = [
    ['nothing is missing', { gap: 0, settled: true, checked_at: 'then' }, 0, /Nothing is missing \(compared then\)/],
    ['it is not settled', { gap: 0, settled: false }, 1, /Not settled/],
    ['nobody compared yet', { gap: null, settled: false }, 1, /Not settled/],
    [
      'records left the log unread',
      { gap: 0, settled: true, positions: { lost_unread: 3 } },
      1,
      /3 records left the log/,
    ],
    [
      'something is missing',
      {
        ...{
          gap: 1,
          settled: true,
          per_minute: [
            { minute: 'm1', gap: 1, accepted: 10 },
            { minute: 'm2', gap: 0 },
          ],
        },
        candidates: [{ receipt_id: 'r1', tenant_id: 'acme', minute: 'm1' }],
      },
      1,
      /\+ 1 missing\n1 accepted events are nowhere\n[\s\S]*\nm1 +1 +10 [\s\S]*\nr1 +acme +m1\n$/,
    ],
  ]
  for (const [name, body, code, says] of cases)
    it(`balance ends with ${code} when ${name}`, async (t) => {
      const { url, asked } = await startServer(t, answer(200, { ...sum, ...body }))
      const end = await runSluice(['balance', '--minutes', '5', '--tenant', 'acme'], { env: { ADMIN_URL: url } })
      assert.equal(end.code, code)
      assert.match(end.stdout, /^10 accepted = 7 stored \+ 1 dead-lettered \+ 1 repeats \+ 0 waiting/)
      assert.match(end.stdout, says)
      assert.deepEqual(asked, ['GET /admin/balance?minutes=5&tenant=acme'])
    })

  it('tenants ls shows limit and use, unknown numbers as unknown', async (t) => {
    const tenant = {
      ...{ tenant_id: 'acme', limit_per_min: 300, last_minute: { accepted: 4, duplicates: 1, rate_limited: 0 } },
      ...{ last_1h: { accepted: null, rate_limited: 2 }, last_24h: { accepted: 9 }, last_seen_at: null },
    }
    const { url } = await startServer(t, answer(200, { data: [tenant, { ...tenant, last_minute: null }] }))
    const end = await runSluice(['tenants', 'ls'], { env: { ADMIN_URL: url } })
    assert.equal(end.code, 0)
    const [, first, second] = end.stdout.split('\n')
    assert.match(first ?? '', /^acme +300 +5 +- \/ 9 +- \/ - +2 \/ - +- \/ - +-$/)
    assert.match(second ?? '', /^acme +300 +- /)
  })
})
