import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually } from '@sluice/runtime/testing/eventually'
import { shortestOf } from '@sluice/runtime/testing/shortest-of'
import { recordsInLog } from '../lag.ts'
import { openStack, STACKS } from '../open-stack.ts'
import { eventText, send } from '../send.ts'

const LIMIT_PER_MIN = 5

type Found = { events: { payload: unknown }[]; dead_letters: { reason: string; pointer: string; state: string }[] }

for (const kind of STACKS)
  test(`${kind}: one event has its whole way, as the README tells it`, { timeout: 120_000 }, async (t) => {
    const stack = await openStack(t, kind, { RATE_LIMIT_PER_MIN: String(LIMIT_PER_MIN) })
    const post = (body: string, key: string) => send(stack.ingestUrl, body, { key })
    const read = async (path: string) => {
      const response = await fetch(`${stack.adminUrl}${path}`)
      const text = await response.text()
      assert.equal(response.status, 200, text)
      return text
    }
    const search = async (query: string) => JSON.parse(await read(`/admin/event/${query}`)) as Found
    let receipt = ''

    await t.test('a valid one is a row within a second', async () => {
      const { tookMs } = await shortestOf(async (nth) => {
        const id = `b-${nth}`
        assert.equal((await send(stack.ingestUrl, eventText(id), { key: id, apiKey: 'key_b' })).status, 202)
        await eventually(async () => (await stack.sql('SELECT FROM events WHERE event_id = $1', [id])).length === 1)
      })
      assert.ok(tookMs < 1_000, `${tookMs} ms`)
    })

    await t.test('its numbers are stored with all their digits', async () => {
      const { status, headers, body } = await post(eventText('o-1', '{"total":1.10,"big":12345678901234567890}'), 'o-1')
      assert.deepEqual([status, body.duplicate, headers.get('sluice-degraded')], [202, false, null])
      receipt = String(body.receipt_id)
      const rows = await eventually(async () => {
        const found = await stack.sql('SELECT id, payload::text, status FROM events WHERE event_id = $1', ['o-1'])
        return found.length > 0 && found
      })
      assert.deepEqual(rows, [
        { id: receipt, payload: '{"big": 12345678901234567890, "total": 1.10}', status: 'stored' },
      ])
    })

    await t.test('it is found by its event id, its idempotency key and its receipt', async () => {
      const byId = await read('/admin/event/search?tenant=tenant_a&eventId=o-1')
      assert.match(byId, /12345678901234567890/)
      assert.match(byId, /1\.10/)
      assert.equal((await search('by-idempotency?tenant=tenant_a&idempotencyKey=o-1')).events.length, 1)
      assert.equal((await search('search?tenant=tenant_b&eventId=o-1')).events.length, 0)
      assert.equal((JSON.parse(await read(`/admin/receipts/${receipt}`)) as { state: string }).state, 'stored')
    })

    await t.test('a repeat is told as a duplicate and adds no row', async () => {
      const body = eventText('o-1', '{"total":1.10,"big":12345678901234567890}')
      const repeat = await post(body, 'o-1')
      assert.deepEqual([repeat.status, repeat.body.duplicate, repeat.body.receipt_id], [202, true, receipt])
      assert.equal(await recordsInLog(stack), 4)
    })

    await t.test('a malformed one is a dead letter with its reason, and delays nobody', async () => {
      assert.equal((await post('{"event_id":"o-2","event_type":7}', 'o-2')).status, 202)
      assert.equal((await post(eventText('o-3'), 'o-3')).status, 202)
      const { events, dead_letters: letters } = await eventually(async () => {
        const found = await search('search?tenant=tenant_a&eventId=o-2')
        return found.dead_letters.length > 0 && found
      })
      assert.deepEqual(events, [])
      const [letter] = letters
      assert.deepEqual([letter?.state, letter?.pointer], ['open', '/event_type'])
      assert.equal(letter?.reason, 'INVALID_FIELD')
      await eventually(async () => (await search('search?tenant=tenant_a&eventId=o-3')).events.length === 1)
    })

    await t.test('the one over the limit gets 429 with Retry-After, and is nowhere', async () => {
      assert.equal((await post(eventText('o-5'), 'o-5')).status, 202)
      const { status, headers, body } = await post(eventText('o-6'), 'o-6')
      assert.deepEqual([status, body.code], [429, 'RATE_LIMITED'])
      const retryAfter = Number(headers.get('retry-after'))
      assert.ok(retryAfter >= 1 && retryAfter <= 61, `Retry-After: ${retryAfter}`)
      assert.match(headers.get('ratelimit') ?? '', /^"default";r=0;t=\d+$/)
      await eventually(async () => (await search('search?tenant=tenant_a&eventId=o-5')).events.length === 1)
      await assertNowhere('o-6')
    })

    /** Neither settled nor waiting to be: the log holds the seven that were accepted. */
    async function assertNowhere(key: string): Promise<void> {
      const [found] = await stack.sql(
        `SELECT (SELECT count(*) FROM events WHERE idempotency_key = $1)
            + (SELECT count(*) FROM dead_letters WHERE idempotency_key = $1) AS n`,
        [key],
      )
      assert.deepEqual(found, { n: '0' })
      assert.equal(await recordsInLog(stack), 7)
    }
  })
