import assert from 'node:assert/strict'
import { it } from 'node:test'
import { PROBLEMS, problemBody } from './problems.ts'

it('gives every problem a name of its own and an error status', () => {
  const all = Object.values(PROBLEMS)
  assert.equal(new Set(all.map(({ name }) => name)).size, all.length)
  for (const { status } of all) assert.ok(status >= 400 && status <= 599)
})

it('renders the members of RFC 9457 and ours', () => {
  assert.deepEqual(problemBody('TOO_LARGE', { detail: 'd', requestId: 'r', extra: { limit_bytes: 1 } }), {
    type: '/problems/too-large',
    title: 'The body is too large',
    status: 413,
    detail: 'd',
    code: 'TOO_LARGE',
    request_id: 'r',
    limit_bytes: 1,
  })
})
