import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type LoadOptions, type ParsedArgs, parseArgs } from './args.ts'
import { createSchedule } from './schedule.ts'

const parse = (line: string, keys: string | null = null): ParsedArgs =>
  parseArgs(line === '' ? [] : line.split(' '), { url: 'http://127.0.0.1:8080', keys })

const optionsOf = (line: string, keys?: string): LoadOptions => {
  const parsed = parse(line, keys)
  assert.equal(parsed.type, 'run', JSON.stringify(parsed))
  return (parsed as { options: LoadOptions }).options
}
const usageErrorOf = (line: string): string => {
  const parsed = parse(line)
  assert.equal(parsed.type, 'usage_error')
  return (parsed as { message: string }).message
}
const tenantsOf = ({ shares }: LoadOptions) => shares.map(({ sender }) => sender.tenantId)
const sharesOf = ({ shares }: LoadOptions) => shares.map(({ share }) => share)
const durationOf = (line: string) => createSchedule(optionsOf(line).stretches).durationMs

describe('arguments of the load generator', () => {
  it('runs for a minute below the default limit with the demo keys when nothing is said', () => {
    const { url, ...options } = optionsOf('')
    assert.equal(url.href, 'http://127.0.0.1:8080/')
    assert.deepEqual(options, {
      scenario: null,
      ratePerSecond: 5,
      stretches: [{ durationMs: 60_000, fromRate: 5, toRate: 5 }],
      rates: { duplicate: 0, conflict: 0, bad: 0, edge: 0 },
      shares: [
        { sender: { tenantId: 'tenant_a', apiKey: 'key_a' }, share: 1 },
        { sender: { tenantId: 'tenant_b', apiKey: 'key_b' }, share: 1 },
      ],
      strict: false,
      hotKeys: null,
      stormEvents: null,
      payloadBytes: null,
      corpus: null,
      seed: null,
      runId: null,
      maxInFlight: 1_000,
      patienceMs: 0,
      ledger: null,
      thresholds: [],
      json: false,
      output: null,
    })
  })

  it('takes fractions of minutes and times with a unit', () => {
    assert.equal(durationOf('--minutes 0.5'), 30_000)
    assert.equal(durationOf('--minutes .05'), 3_000)
    for (const [text, ms] of [
      ['500ms', 500],
      ['90s', 90_000],
      ['1.5m', 90_000],
      ['1h', 3_600_000],
    ] as const)
      assert.equal(durationOf(`--duration ${text}`), ms)
  })

  it('ramps inside the duration', () => {
    assert.deepEqual(optionsOf('--rps 10 --duration 60s --ramp 20s').stretches, [
      { durationMs: 20_000, fromRate: 0, toRate: 10 },
      { durationMs: 40_000, fromRate: 10, toRate: 10 },
    ])
  })

  it('lets a scenario speak where the flags are silent', () => {
    const steady = optionsOf('--scenario steady --bad-rate 0.2')
    assert.deepEqual(steady.rates, { duplicate: 0.05, conflict: 0.01, bad: 0.2, edge: 0 })
    const peak = optionsOf('--scenario spike --rps 10').stretches.map(({ toRate }) => toRate)
    assert.deepEqual(peak, [10, 50, 10])
    assert.deepEqual(sharesOf(optionsOf('--scenario noisy-tenant')), [20, 1])
    assert.deepEqual(sharesOf(optionsOf('--scenario noisy-tenant --tenants tenant_b=2,tenant_a=1')), [2, 1])
    assert.equal(optionsOf('--scenario dup-storm').stormEvents, 25)
    assert.deepEqual(optionsOf('--scenario big-events').payloadBytes, { min: 32_000, max: 250_000 })
  })

  it('is patient when there is a ledger, and as long as it is told', () => {
    assert.equal(optionsOf('--ledger run.ndjson').patienceMs, 60_000)
    assert.equal(optionsOf('--ledger run.ndjson --patience 2m').patienceMs, 120_000)
    assert.equal(optionsOf('--ledger run.ndjson --patience 0s').patienceMs, 0)
  })

  it('prefers --keys to the environment, and the environment to the demo keys', () => {
    assert.deepEqual(tenantsOf(optionsOf('', 'x:1,y:2')), ['x', 'y'])
    assert.deepEqual(tenantsOf(optionsOf('--keys z:a:b', 'x:1')), ['z'])
    assert.equal(optionsOf('--keys z:a:b').shares[0]?.sender.apiKey, 'a:b')
  })

  it('takes --tenants as a count, as names or as shares', () => {
    assert.deepEqual(tenantsOf(optionsOf('--tenants 1')), ['tenant_a'])
    assert.deepEqual(tenantsOf(optionsOf('--tenants tenant_b')), ['tenant_b'])
    assert.deepEqual(tenantsOf(optionsOf('--tenants tenant_b,tenant_a')), ['tenant_b', 'tenant_a'])
    assert.deepEqual(sharesOf(optionsOf('--tenants tenant_a=3,tenant_b')), [3, 1])
  })

  it('sends once per tenant though a tenant has two keys', () => {
    assert.deepEqual(optionsOf('--keys a:old,a:new').shares, [{ sender: { tenantId: 'a', apiKey: 'old' }, share: 1 }])
  })

  it('takes an address with or without /events', () => {
    for (const url of ['http://h:1', 'http://h:1/', 'http://h:1/events', 'http://h:1/events/'])
      assert.equal(optionsOf(`--url ${url}`).url.href, 'http://h:1/')
    assert.equal(optionsOf('--url https://h/base/').url.href, 'https://h/base')
  })

  it('takes sizes in bytes and thousands of them, alone or as a span', () => {
    assert.deepEqual(optionsOf('--payload-bytes 500').payloadBytes, { min: 500, max: 500 })
    assert.deepEqual(optionsOf('--payload-bytes 1k-64k').payloadBytes, { min: 1_000, max: 64_000 })
  })

  it('takes several thresholds', () => {
    const { thresholds } = optionsOf('--threshold p99<250ms --threshold dropped<=0')
    assert.deepEqual(
      thresholds.map(({ text }) => text),
      ['p99<250ms', 'dropped<=0'],
    )
  })

  it('names the nearest flag for one that it does not know', () => {
    assert.match(usageErrorOf('--duplicate-rat 0.1'), /unknown option '--duplicate-rat'[\s\S]*--duplicate-rate/)
  })

  for (const [line, message] of [
    ['--rps fast', /--rps must be a number/],
    ['--rps 0', /--rps must be a number/],
    ['--rps -1', /--rps|argument/],
    ['--minutes 1 --duration 60s', /not both/],
    ['--duration 60', /--duration must be a time/],
    ['--duration 0s', /--duration must be a time/],
    ['--ramp 5', /--ramp must be a time/],
    ['--duration 10s --ramp 20s', /--ramp must not be longer/],
    ['--scenario stedy', /--scenario must be one of steady, spike/],
    ['--duplicate-rate 1.1', /--duplicate-rate must be a number from 0 to 1/],
    ['--edge-rate -0.1', /--edge-rate|argument/],
    ['--duplicate-rate 0.6 --bad-rate 0.6', /must not exceed 1 together/],
    ['--tenants 3', /only 2 keys are known/],
    ['--tenants 0', /1 or more/],
    ['--tenants tenant_c', /no key is known for "tenant_c"/],
    ['--tenants tenant_a=x', /shares are whole numbers/],
    ['--tenants tenant_a=0', /shares are whole numbers/],
    ['--keys tenant_a', /number 1 is not/],
    ['--keys tenant_a:key_a,no/tenant:k', /number 2 is not/],
    ['--url 127.0.0.1:8080', /--url must be/],
    ['--url ftp://h', /--url must be/],
    ['--url http://me:secret@h', /--url must be/],
    ['--seed 1.5', /--seed must be a whole number/],
    ['--seed 4294967296', /--seed must be a whole number/],
    ['--run-id a-b', /--run-id must be/],
    ['--max-in-flight 0', /--max-in-flight must be a whole number/],
    ['--hot-keys 0', /--hot-keys must be a whole number/],
    ['--payload-bytes 9-3', /--payload-bytes must be a size or a span/],
    ['--payload-bytes 300k', /--payload-bytes must be a size or a span/],
    ['--patience soon', /--patience must be a time/],
    ['--threshold fast', /--threshold is written/],
    ['report.json', /too many arguments/],
  ] as const)
    it(`refuses ${line}`, () => assert.match(usageErrorOf(line), message))

  it('never shows a key in what it says', () => {
    assert.doesNotMatch(usageErrorOf('--keys tenant_a:hush,bad/one:hush'), /hush/)
  })

  it('begins its help with examples', () => {
    const parsed = parse('--help')
    assert.equal(parsed.type, 'help')
    assert.match((parsed as { text: string }).text, /^Examples:[\s\S]*--max-in-flight[\s\S]*Scenarios/)
  })
})
