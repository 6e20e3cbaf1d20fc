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
    timeout: 400_000,
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
        // As any producer: 503 means the same again, which may leave a second copy in the log.
        const answer = await eventually(
          async () => {
            const { status, body: answered } = await send(stack.ingestUrl, body, { key: id, apiKey })
            return status === 202 && answered
          },
          { pauseMs: 500 },
        )
        receipts.set(id, String(answer.receipt_id))
      }),
    )
    const endOf = (id: string) => (Number(id.slice('live-'.length)) % 5 === 0 ? 'dead_lettered' : 'stored')
    const told = (id: string, wanted: string) =>
      items.filter(({ event_id: eventId, outcome }) => eventId === id && outcome === wanted)
    await eventually(
      () => [...receipts.keys()].every((id) => told(id, 'accepted').length > 0 && told(id, endOf(id)).length > 0),
      { message: 'an item for each acceptance and each end' },
    )
    for (const [id, receipt] of receipts) {
      assert.equal(told(id, endOf(id)).length, 1, id)
      assert.ok(told(id, 'accepted').length <= 2, id)
      const others = items.filter((item) => item.event_id === id && !['accepted', endOf(id)].includes(item.outcome))
      assert.deepEqual(others, [])
      assert.ok(items.every((item) => item.event_id !== id || item.receipt_id === receipt))
    }
    await eventually(() => ofTenantB.length >= 2 * (EVENTS / 3))
    assert.ok(ofTenantB.every(({ tenant_id: tenant }) => tenant === 'tenant_b'))
  })
