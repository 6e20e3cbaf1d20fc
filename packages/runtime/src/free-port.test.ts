import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
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

test('a port that was given away is held against other processes, though nobody listens on it yet', async (t) => {
  const other = createSocket('udp4')
  t.after(() => other.close())
  other.bind({ port: await findFreePort(), address: '127.0.0.1', exclusive: true })
  const [error] = (await once(other, 'error')) as [NodeJS.ErrnoException]
  assert.equal(error.code, 'EADDRINUSE')
})

test('a port on which somebody listens is not free', async (t) => {
  const holder = createServer().listen(0, '127.0.0.1')
  await once(holder, 'listening')
  t.after(() => holder.close())
  assert.equal(await isPortFree((holder.address() as AddressInfo).port), false)
})
