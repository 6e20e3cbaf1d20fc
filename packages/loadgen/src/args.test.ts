import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type LoadOptions, type ParsedArgs, parseArgs } from './args.ts'

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
const tenantsOf = ({ senders }: LoadOptions) => senders.map(({ tenantId }) => tenantId)

describe('arguments of the load generator', () => {
  it('runs for a minute below the default limit with the demo keys when nothing is said', () => {
    const { url, ...options } = optionsOf('')
    assert.equal(url.href, 'http://127.0.0.1:8080/')
    assert.deepEqual(options, {
      ratePerSecond: 5,
      durationMs: 60_000,
      duplicateRate: 0,
      badRate: 0,
      senders: [
        { tenantId: 'tenant_a', apiKey: 'key_a' },
        { tenantId: 'tenant_b', apiKey: 'key_b' },
      ],
      seed: null,
      maxInFlight: 1_000,
      corpus: null,
      json: false,
      output: null,
    })
  })

  it('takes fractions of minutes and times with a unit', () => {
    assert.equal(optionsOf('--minutes 0.5').durationMs, 30_000)
    assert.equal(optionsOf('--minutes .05').durationMs, 3_000)
    for (const [text, ms] of [
      ['500ms', 500],
      ['90s', 90_000],
      ['1.5m', 90_000],
      ['1h', 3_600_000],
    ] as const)
      assert.equal(optionsOf(`--duration ${text}`).durationMs, ms)
  })

  it('prefers --keys to the environment, and the environment to the demo keys', () => {
    assert.deepEqual(tenantsOf(optionsOf('', 'x:1,y:2')), ['x', 'y'])
    assert.deepEqual(tenantsOf(optionsOf('--keys z:a:b', 'x:1')), ['z'])
    assert.equal(optionsOf('--keys z:a:b').senders[0]?.apiKey, 'a:b')
  })

  it('takes --tenants as a count or as names', () => {
    assert.deepEqual(tenantsOf(optionsOf('--tenants 1')), ['tenant_a'])
    assert.deepEqual(tenantsOf(optionsOf('--tenants tenant_b')), ['tenant_b'])
    assert.deepEqual(tenantsOf(optionsOf('--tenants tenant_b,tenant_a')), ['tenant_b', 'tenant_a'])
  })

  it('sends once per tenant though a tenant has two keys', () => {
    assert.deepEqual(optionsOf('--keys a:old,a:new').senders, [{ tenantId: 'a', apiKey: 'old' }])
  })

  it('takes an address with or without /events', () => {
    for (const url of ['http://h:1', 'http://h:1/', 'http://h:1/events', 'http://h:1/events/'])
      assert.equal(optionsOf(`--url ${url}`).url.href, 'http://h:1/')
    assert.equal(optionsOf('--url https://h/base/').url.href, 'https://h/base')
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
    ['--duplicate-rate 1.1', /--duplicate-rate must be a number from 0 to 1/],
    ['--duplicate-rate 0.6 --bad-rate 0.6', /must not exceed 1 together/],
    ['--tenants 3', /only 2 keys are known/],
    ['--tenants 0', /1 or more/],
    ['--tenants tenant_c', /no key is known for "tenant_c"/],
    ['--keys tenant_a', /number 1 is not/],
    ['--keys tenant_a:key_a,no/tenant:k', /number 2 is not/],
    ['--url 127.0.0.1:8080', /--url must be/],
    ['--url ftp://h', /--url must be/],
    ['--url http://me:secret@h', /--url must be/],
    ['--seed 1.5', /--seed must be a whole number/],
    ['--seed 4294967296', /--seed must be a whole number/],
    ['--max-in-flight 0', /--max-in-flight must be a whole number/],
    ['report.json', /too many arguments/],
  ] as const)
    it(`refuses ${line}`, () => assert.match(usageErrorOf(line), message))

  it('never shows a key in what it says', () => {
    assert.doesNotMatch(usageErrorOf('--keys tenant_a:hush,bad/one:hush'), /hush/)
  })

  it('begins its help with examples', () => {
    const parsed = parse('--help')
    assert.equal(parsed.type, 'help')
    assert.match((parsed as { text: string }).text, /^Examples:[\s\S]*--max-in-flight/)
  })
})
