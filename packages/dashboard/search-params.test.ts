import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AUDIT_ACTIONS } from '@sluice/contract/audit-actions'
import { loadAudit } from './audit/search-params.ts'
import { loadDeadLetters } from './dlq/search-params.ts'
import { loadLive } from './live/search-params.ts'
import { loadPipeline } from './pipeline/search-params.ts'
import { loadSearch } from './search/search-params.ts'
import { loadOverview } from './search-params.ts'

describe('query parameters', () => {
  it('have the defaults of an address without any', () => {
    const { range, every, tenant } = loadOverview({})
    assert.deepEqual({ range, every, tenant }, { range: '1h', every: '2', tenant: null })
    const { state, view, bench } = loadDeadLetters({})
    assert.deepEqual({ state, view, bench }, { state: 'open', view: 'ledger', bench: false })
  })

  it('fall back when a value is not known, and never throw', () => {
    const wrong = ['', 'x y', '<script>', '-1', '1e9', 'null', '\u0000', 'a'.repeat(2_000), '../..', '%']
    for (const value of wrong) {
      const list = loadDeadLetters(
        Object.fromEntries(
          ['tenant', 'range', 'every', 'state', 'reason', 'since', 'id', 'view', 'bench', 'job', 'cursor'].map(
            (name) => [name, value],
          ),
        ),
      )
      assert.equal(list.range, '1h')
      assert.equal(list.every, '2')
      assert.equal(list.state, 'open')
      assert.equal(list.reason, null)
      assert.equal(list.id, null)
      assert.equal(list.job, null)
      assert.equal(list.bench, false)
      assert.equal(list.since, null)
    }
    for (const value of wrong) {
      assert.equal(loadLive({ outcome: value }).outcome, null)
      const { action, cursor } = loadAudit({ action: value, cursor: value.slice(0, 3) === 'aaa' ? value : '' })
      assert.deepEqual([action, cursor], [null, null])
    }
    assert.equal(loadLive({ type: 'x'.repeat(256) }).type, null)
    assert.equal(loadOverview({ tenant: 'a b' }).tenant, null)
    assert.equal(loadSearch({ eventId: 'x'.repeat(256) }).eventId, null)
  })

  it('take the last word of none: the first of repeated ones counts', () => {
    assert.equal(loadOverview({ tenant: ['a', 'b'] }).tenant, 'a')
  })

  it('read what the pages write', () => {
    const list = loadDeadLetters({
      reason: 'MISSING_FIELD',
      pointer: '',
      since: '2026-01-02T03:04:05.000Z',
      bench: '1',
    })
    assert.equal(list.reason, 'MISSING_FIELD')
    assert.equal(list.pointer, '')
    assert.equal(list.since?.toISOString(), '2026-01-02T03:04:05.000Z')
    assert.equal(list.bench, true)
    assert.equal(loadPipeline({ lagging: '1' }).lagging, true)
    assert.deepEqual(
      [loadLive({ outcome: 'stored', type: 'a b' }).outcome, loadLive({ type: 'a b' }).type],
      ['stored', 'a b'],
    )
    for (const action of AUDIT_ACTIONS) assert.equal(loadAudit({ action }).action, action)
  })
})
