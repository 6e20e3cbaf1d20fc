import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { listedQuery, matchRoute } from './match-route.ts'
import { pathOf, ROUTES, type RouteName } from './routes.ts'

const id = '01936f0a-0000-7000-8000-000000000404'

describe('the one door to the Admin API', () => {
  it('finds every route by the path that it makes itself', () => {
    for (const name of Object.keys(ROUTES) as RouteName[]) {
      const path = pathOf(name, { id, receipt_id: id })
      assert.equal(matchRoute(ROUTES[name].method, path)?.name, name, path)
    }
  })

  it('lets nothing else through', () => {
    const refused = [
      '/admin',
      '/admin/',
      '/admin/keys',
      '/admin/overview/',
      '/admin//overview',
      '/admin/./overview',
      '/admin/../metrics',
      '/admin/dlq/..',
      '/admin/dlq/%2e%2e',
      '/admin/dlq/%2e%2e%2fkeys',
      '/admin/dlq/%252e%252e',
      '/admin/dlq/a%2Fredrive',
      '/admin/dlq/a%5Credrive',
      '/admin/receipts/%',
      '/admin/receipts/%00',
      `/admin/receipts/${id}%3Fx=1`,
      `/admin/receipts/${id}/steps`,
      '/metrics',
      'admin/overview',
      '//admin/overview',
      '/ADMIN/overview',
      '',
    ]
    for (const path of refused) assert.equal(matchRoute('GET', path), null, path)
  })

  it('lets each route through with its own method only', () => {
    assert.equal(matchRoute('POST', '/admin/overview'), null)
    assert.equal(matchRoute('GET', '/admin/dlq/check'), null)
    assert.equal(matchRoute('DELETE', `/admin/dlq/${id}`), null)
    assert.equal(matchRoute('POST', `/admin/dlq/${id}/redrive`)?.parameters.id, id)
  })

  it('never takes a word of ours for an id', () => {
    assert.equal(matchRoute('GET', '/admin/dlq/groups')?.name, 'deadLetterGroups')
    assert.equal(matchRoute('GET', '/admin/dlq/sample')?.name, 'deadLetterSample')
  })

  it('passes on the parameters of the route and no others', () => {
    const query = new URLSearchParams('tenant=a&minutes=5&token=x&tenant=b')
    assert.deepEqual(listedQuery(ROUTES.throughput, query), { minutes: '5', tenant: 'a' })
  })

  it('writes parameters into paths so that they stay one segment', () => {
    assert.equal(pathOf('receipt', { receipt_id: '../x?y' }), '/admin/receipts/..%2Fx%3Fy')
    assert.equal(
      pathOf('deadLetters', { tenant: '', pointer: '', reason: 'MISSING_FIELD' }),
      '/admin/dlq?reason=MISSING_FIELD&pointer=',
    )
  })
})
