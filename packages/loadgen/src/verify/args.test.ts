import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseVerifyArgs } from './args.ts'

const parse = (line: string) => parseVerifyArgs(line.split(' '), { adminUrl: 'http://127.0.0.1:8081' })

describe('arguments of verify', () => {
  it('need nothing but the ledger', () => {
    const parsed = parse('run.ndjson')
    assert.equal(parsed.type, 'run')
    if (parsed.type !== 'run') return
    const { adminUrl, ...options } = parsed.options
    assert.equal(adminUrl.href, 'http://127.0.0.1:8081/')
    assert.deepEqual(options, {
      ledger: 'run.ndjson',
      noFaults: false,
      timeoutMs: 60_000,
      quietMs: 5_000,
      limitPerMin: null,
      json: false,
    })
  })

  it('take the address of the Admin API with or without /admin', () => {
    const parsed = parse('run.ndjson --admin-url http://h:1/admin --no-faults --limit 300 --quiet 0s')
    assert.ok(parsed.type === 'run' && parsed.options.adminUrl.href === 'http://h:1/')
    assert.deepEqual([parsed.options.noFaults, parsed.options.limitPerMin, parsed.options.quietMs], [true, 300, 0])
  })

  for (const [line, message] of [
    ['--json', /missing required argument 'ledger'/],
    ['a b', /too many arguments/],
    ['a --timeout 60', /--timeout must be a time/],
    ['a --quiet soon', /--quiet must be a time/],
    ['a --limit none', /--limit must be a whole number/],
    ['a --admin-url nowhere', /--admin-url must be/],
    ['a --no-fault', /Did you mean --no-faults/],
  ] as const)
    it(`refuse ${line}`, () => {
      const parsed = parse(line)
      assert.ok(parsed.type === 'usage_error', parsed.type)
      assert.match(parsed.message, message)
    })
})
