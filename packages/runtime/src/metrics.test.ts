import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createMetrics } from './metrics.ts'

const version = { version: '1.2.3', commit: 'abc' }

describe('createMetrics', () => {
  it('brings build info and the default collectors, with the process on every series', async () => {
    const text = await createMetrics({ process: 'ingest', version }).text({ tenants: true })
    assert.match(text, /^sluice_build_info\{version="1.2.3",commit="abc",process="ingest"\} 1$/m)
    assert.match(text, /^nodejs_eventloop_lag_p99_seconds\{process="ingest"\} /m)
    assert.match(text, /^process_resident_memory_bytes\{process="ingest"\} /m)
  })

  it('counts, gauges and observes', async () => {
    const metrics = createMetrics({ process: 'ingest', version })
    metrics.counter({ name: 'sluice_a_total', help: 'a', labelNames: ['code'] }).inc({ code: 'X' }, 2)
    metrics.gauge({ name: 'sluice_b', help: 'b' }).set(7)
    metrics.histogram({ name: 'sluice_c_seconds', help: 'c', buckets: [1, 2] }).observe(1.5)
    const text = await metrics.text({ tenants: false })
    assert.match(text, /^sluice_a_total\{code="X",process="ingest"\} 2$/m)
    assert.match(text, /^sluice_b\{process="ingest"\} 7$/m)
    assert.match(text, /^sluice_c_seconds_bucket\{le="2",process="ingest"\} 1$/m)
  })

  it('shows series with a tenant label only when it may', async () => {
    const metrics = createMetrics({ process: 'ingest', version })
    metrics.counter({ name: 'sluice_t_total', help: 't', labelNames: ['tenant'] }).inc({ tenant: 'acme' })
    assert.match(await metrics.text({ tenants: true }), /tenant="acme"/)
    const closed = await metrics.text({ tenants: false })
    assert.doesNotMatch(closed, /acme|sluice_t_total/)
    assert.match(closed, /sluice_build_info/)
  })

  it('names the first twenty tenants and puts the rest together', () => {
    const { tenantLabel } = createMetrics({ process: 'ingest', version })
    const labels = Array.from({ length: 30 }, (_, index) => tenantLabel(`t${index}`))
    assert.deepEqual(new Set(labels).size, 21)
    assert.deepEqual([labels[19], labels[20], tenantLabel('t0'), tenantLabel('t29')], ['t19', 'other', 't0', 'other'])
  })

  it('keeps two registries of one process apart', () => {
    createMetrics({ process: 'a', version })
    assert.doesNotThrow(() => createMetrics({ process: 'b', version }))
  })
})
