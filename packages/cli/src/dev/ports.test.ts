import assert from 'node:assert/strict'
import { test } from 'node:test'
import { choosePorts } from './ports.ts'

test('for 0 a part gets a port of its own that no outgoing connection can take before it listens', async () => {
  const wanted = ['ingest', 'processor', 'admin'].map((name) => ({ name, setting: '', host: '127.0.0.1', port: 0 }))
  const ports = [...(await choosePorts(wanted)).values()]
  assert.equal(new Set(ports).size, 3)
  // From 32,768 on Linux gives ports to connections: the admin of a stack could not start for one that lived long.
  assert.ok(
    ports.every((port) => port >= 1_024 && port < 32_768),
    `${ports}`,
  )
})
