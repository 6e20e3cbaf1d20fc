import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { openControlServer } from './control-server.ts'
import { NOTHING_RUNS } from './status.ts'

describe('control channel', () => {
  it('does nothing for anybody without its token', async (t) => {
    const asked: string[] = []
    const control = async (what: string) => {
      asked.push(what)
      return NOTHING_RUNS
    }
    const server = await openControlServer({
      status: () => control('status'),
      stopPart: (name) => control(`stop ${name}`),
      startPart: (name) => control(`start ${name}`),
    })
    t.after(() => server[Symbol.asyncDispose]())
    const ask = (path: string, method: string, token: string) =>
      fetch(`http://127.0.0.1:${server.port}${path}`, { method, headers: { authorization: `Bearer ${token}` } })
    for (const token of ['', 'x', `${server.token}x`]) {
      assert.equal((await ask('/status', 'GET', token)).status, 401)
      assert.equal((await ask('/parts/ingest/stop', 'POST', token)).status, 401)
    }
    assert.deepEqual(asked, [])
    assert.equal((await ask('/status', 'GET', server.token)).status, 200)
    assert.equal((await ask('/parts/ingest/stop', 'POST', server.token)).status, 200)
    assert.equal((await ask('/parts/ingest/stop', 'GET', server.token)).status, 404)
    assert.deepEqual(asked, ['status', 'stop ingest'])
  })
})
