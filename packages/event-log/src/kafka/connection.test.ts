import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { openAdmin } from './admin.ts'

test('a connection that is reset during its login fails the question, and nothing else', async (t) => {
  const server = createServer((socket: Socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.resetAndDestroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const brokers = [`127.0.0.1:${(server.address() as AddressInfo).port}`]
  const sasl = { mechanism: 'PLAIN', username: 'sluice', password: 'secret' } as const
  const admin = openAdmin({ brokers, tls: null, sasl }, 'test')
  await assert.rejects(admin.metadata({ topics: [] }))
  // An error without a listener would be told by now, as an uncaught one.
  await delay(50)
  await admin.close()
})
