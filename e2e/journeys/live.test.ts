import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEventStreamParser } from '@sluice/contract/event-stream'
import { eventually } from '@sluice/runtime/testing/eventually'
import { openStack, STACKS } from '../open-stack.ts'
import { eventText, send } from '../send.ts'

type Item = { outcome: string; event_id: string; receipt_id: string; tenant_id: string; reason: string | null }

const EVENTS = 30

for (const kind of STACKS)
  test(`${kind}: what is sent shows up live, each once accepted and once stored or set aside`, {
    timeout: 120_000,
  }, async (t) => {
    const stack = await openStack(t, kind)
    const leave = new AbortController()
    t.after(() => leave.abort())
    const items: Item[] = []
    const read = async (query: string, into: Item[]) => {
      const response = await fetch(`${stack.adminUrl}/admin/live${query}`, { signal: leave.signal })
      assert.equal(response.status, 200)
      assert.ok(response.body)
      const parser = createEventStreamParser()
      const decoder = new TextDecoder()
      const reading = (async () => {
        for await (const bytes of response.body ?? [])
          for (const { event, data } of parser.push(decoder.decode(bytes, { stream: true })))
            if (event === 'item') into.push(JSON.parse(data) as Item)
      })()
      // It ends by the abort at the end of the test, which is no failure of it.
      reading.catch((error: unknown) => {
        if (!leave.signal.aborted) throw error
      })
    }
    const ofTenantB: Item[] = []
    await read('', items)
    await read('?tenant=tenant_b', ofTenantB)

    const receipts = new Map<string, string>()
    await Promise.all(
      Array.from({ length: EVENTS }, async (_, nth) => {
        const id = `live-${nth}`
        const apiKey = nth % 3 === 0 ? 'key_b' : 'key_a'
        const body = nth % 5 === 0 ? `{"event_id":"${id}"}` : eventText(id)
        const answer = await send(stack.ingestUrl, body, { key: id, apiKey })
        assert.equal(answer.status, 202)
        receipts.set(id, String(answer.body.receipt_id))
      }),
    )
    await eventually(() => items.length >= 2 * EVENTS, {
      timeoutMs: 30_000,
      message: `${2 * EVENTS} items, of which ${items.length} came,`,
    })
    const outcomesOf = (id: string) => items.filter(({ event_id: eventId }) => eventId === id)
    for (const [id, receipt] of receipts) {
      const ended = Number(id.slice('live-'.length)) % 5 === 0 ? 'dead_lettered' : 'stored'
      const found = outcomesOf(id)
      assert.deepEqual(found.map(({ outcome }) => outcome).sort(), ['accepted', ended].sort(), id)
      assert.ok(found.every(({ receipt_id: receiptId }) => receiptId === receipt))
    }
    await eventually(() => ofTenantB.length === 2 * (EVENTS / 3))
    assert.ok(ofTenantB.every(({ tenant_id: tenant }) => tenant === 'tenant_b'))
  })
