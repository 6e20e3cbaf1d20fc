import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { describe, it } from 'node:test'
import { withinLimit } from './within-limit.ts'

describe('a time limit', () => {
  it('gives what the work comes to', async () => {
    assert.equal(await withinLimit(1_000, async () => 7), 7)
    await assert.rejects(
      withinLimit(1_000, () => Promise.reject(new Error('broken'))),
      /broken/,
    )
  })

  it('ends the wait, and takes a failure after it for nothing', async () => {
    const work = Promise.withResolvers<never>()
    let told: AbortSignal | undefined
    const answer = withinLimit(1, (over) => {
      told = over
      return work.promise
    })
    await assert.rejects(answer, { message: 'no answer within 1 ms' })
    assert.equal(told?.reason.message, 'no answer within 1 ms')
    work.reject(new Error('too late'))
  })

  it('takes an answer that has arrived while the process was held up', { timeout: 120_000 }, async (t) => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const accepted = once(server, 'connection')
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
    const [engine] = (await accepted) as [Socket]
    t.after(() => {
      client.destroy()
      engine.destroy()
      server.close()
    })
    const answer = withinLimit(20, () => once(client, 'data'))
    engine.write('answer') // reaches the kernel at once; the client's side is not looked at before the loop turns
    const heldUpUntil = performance.now() + 60
    while (performance.now() < heldUpUntil);
    assert.equal(String((await answer)[0]), 'answer')
  })
})
