import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { fingerprintOf } from '@sluice/contract/fingerprint'
import { eventually } from '@sluice/runtime/testing/eventually'
import { openStack, STACKS } from '../open-stack.ts'
import { eventText, sendPatiently, sendRepeat, sendThroughGate } from '../send.ts'

const TYPES = ['<script>alert(1)</script>', '\u202egnp.exe', 'line\nfeed']
const NUMBERS = '{"big":12345678901234567890,"small":0.1e-400,"price":1.10,"minus":-0}'
const NAMES = '{"__proto__":{"x":1},"\\u0063onstructor":{"prototype":{"y":[2]}}}'

type Found = { events: { event_type: string; fingerprint: string; payload: Record<string, unknown> }[] }

for (const kind of STACKS)
  test(`${kind}: what is odd but right is stored and read back as it was sent`, { timeout: 400_000 }, async (t) => {
    const stack = await openStack(t, kind)
    const post = async (body: string | Uint8Array, key: string, headers = {}) => {
      const answer = await sendPatiently(stack.ingestUrl, body, { key, headers })
      assert.equal(answer.status, 202, JSON.stringify(answer.body))
    }
    /** The Admin API's own text: parsing it would hide what is looked for. */
    const read = (eventId: string) =>
      eventually(async () => {
        const response = await fetch(`${stack.adminUrl}/admin/event/search?tenant=tenant_a&eventId=${eventId}`)
        const text = await response.text()
        return (JSON.parse(text) as Found).events.length > 0 && text
      })
    const parse = (text: string) => (JSON.parse(text) as Found).events[0]

    await t.test('H4: numbers keep every digit', async () => {
      await post(eventText('numbers', NUMBERS), 'numbers')
      const text = await read('numbers')
      for (const number of ['12345678901234567890', `0.${'0'.repeat(400)}1`, '1.10'])
        assert.ok(text.includes(`: ${number}`) || text.includes(`:${number}`), `${number} in ${text}`)
      assert.match(text, /"minus": ?-?0[,}]/)
    })

    await t.test("H7: names of Object's prototype are names", async () => {
      await post(eventText('names', NAMES), 'names')
      const payload = parse(await read('names'))?.payload ?? {}
      assert.deepEqual(Object.keys(payload).sort(), ['__proto__', 'constructor'])
      assert.deepEqual(Object.getOwnPropertyDescriptor(payload, '__proto__')?.value, { x: 1 })
      assert.deepEqual(payload.constructor, { prototype: { y: [2] } })
    })

    await t.test('H15: a packed body is the event that was inside', async () => {
      const text = eventText('packed')
      const packed = { key: 'packed', headers: { 'Content-Encoding': 'gzip' } }
      assert.equal((await sendThroughGate(stack.ingestUrl, gzipSync(text), packed)).status, 202)
      assert.equal(parse(await read('packed'))?.fingerprint, fingerprintOf(Buffer.from(text)))
      const again = await sendRepeat(stack.ingestUrl, text, { key: 'packed' })
      assert.equal(again.body.duplicate, true)
    })

    await t.test('H17: event types are text, whatever they look like', async () => {
      for (const [nth, type] of TYPES.entries())
        await post(eventText(`type-${nth}`).replace('"order.created"', JSON.stringify(type)), `type-${nth}`)
      for (const [nth, type] of TYPES.entries()) assert.equal(parse(await read(`type-${nth}`))?.event_type, type)
    })
  })
