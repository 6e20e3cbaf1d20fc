import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { test } from 'node:test'
import { findFreePort, isPortFree } from './free-port.ts'

/** Where outgoing connections begin on Linux, other systems begin higher. */
const FIRST_OF_CONNECTIONS = 32_768

test('a free port is none that an outgoing connection may be given', async () => {
  const port = await findFreePort()
  assert.ok(port < FIRST_OF_CONNECTIONS, `${port}`)
  assert.equal(await isPortFree(port), true)
})

test('a port on which somebody listens is not free', async (t) => {
  const holder = createServer().listen(0, '127.0.0.1')
  await once(holder, 'listening')
  t.after(() => holder.close())
  assert.equal(await isPortFree((holder.address() as AddressInfo).port), false)
})
