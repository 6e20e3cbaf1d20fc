import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { type Env, loadEnv, readEnv } from './env.ts'
import { ConfigError } from './errors.ts'

function testFolder(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-env-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** The problems of reading `env` with `use`. */
function problemsOf(env: Env, use: (read: ReturnType<typeof readEnv>) => void): readonly string[] {
  const read = readEnv(env)
  use(read)
  try {
    read.finish({})
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.problems
  }
  return []
}

describe('readEnv', () => {
  it('reads each kind of value', () => {
    const read = readEnv({
      NAME: 'acme',
      PORT: '8080',
      FLAG: 'Yes',
      WINDOW: '30m',
      BROKERS: 'a:1, b:2,,',
      ENGINE: 'kafka',
      URL: 'http://x:1/y',
      TOKEN: 's3cret',
    })
    assert.deepEqual(
      read.finish({
        name: read.string('NAME'),
        port: read.integer('PORT', { fallback: 1, min: 0, max: 65_535 }),
        flag: read.boolean('FLAG', { fallback: false }),
        windowMs: read.duration('WINDOW', { fallback: '1s' }),
        brokers: read.list('BROKERS'),
        engine: read.oneOf('ENGINE', ['kafka', 'postgres'], { fallback: 'postgres' }),
        url: read.url('URL'),
        token: read.secret('TOKEN'),
      }),
      {
        name: 'acme',
        port: 8080,
        flag: true,
        windowMs: 1_800_000,
        brokers: ['a:1', 'b:2'],
        engine: 'kafka',
        url: 'http://x:1/y',
        token: 's3cret',
      },
    )
  })

  it('gives the fallback for what is absent or empty, and null where there is none', () => {
    const read = readEnv({ EMPTY: '' })
    assert.equal(read.integer('EMPTY', { fallback: 7 }), 7)
    assert.equal(read.duration('WINDOW', { fallback: '2h' }), 7_200_000)
    assert.equal(read.string('NAME', { fallback: 'x' }), 'x')
    assert.deepEqual(
      [
        read.string('A'),
        read.integer('B'),
        read.boolean('C'),
        read.duration('D'),
        read.list('E'),
        read.oneOf('F', ['x']),
        read.url('G'),
        read.secret('H'),
      ],
      Array(8).fill(null),
    )
  })

  it('reports every problem together, each saying what was expected and what it got', () => {
    const problems = problemsOf(
      {
        RATE: 'fast',
        PORT: '70000',
        FLAG: 'maybe',
        WINDOW: '30 minutes',
        ENGINE: 'nats',
        URL: 'x',
        NAME: 'a b',
        LOW: '0',
      },
      (read) => {
        read.integer('RATE', { fallback: 300, min: 1 })
        read.integer('PORT', { fallback: 8080, min: 0, max: 65_535 })
        read.boolean('FLAG')
        read.duration('WINDOW')
        read.oneOf('ENGINE', ['kafka', 'postgres'])
        read.url('URL', { protocols: ['http:', 'https:'] })
        read.string('NAME', { pattern: /^\w+$/, expects: 'one word' })
        read.duration('LOW', { minMs: 1_000 })
      },
    )
    assert.deepEqual(problems, [
      'RATE must be a whole number of 1 or more, got "fast"',
      'PORT must be a whole number from 0 to 65535, got "70000"',
      'FLAG must be true or false, got "maybe"',
      'WINDOW must be a duration such as 500ms, 10s, 30m, 12h or 30d, got "30 minutes"',
      'ENGINE must be one of kafka, postgres, got "nats"',
      'URL must be a URL that starts with http:// or https://, got "x"',
      'NAME must be one word, got "a b"',
      'LOW must be a duration of 1000 ms or more, got "0"',
    ])
  })

  for (const text of ['1.5', '1e3', ' 1', '0x10', '99999999999999999999', 'NaN', ''.padEnd(400, '9')])
    it(`does not take ${text.slice(0, 24)} for a whole number`, () => {
      assert.equal(problemsOf({ N: text }, (read) => read.integer('N')).length, 1)
    })

  it('does not take a name of Object.prototype for a boolean', () => {
    assert.equal(problemsOf({ FLAG: 'constructor' }, (read) => read.boolean('FLAG')).length, 1)
  })

  it('adds the problems that only its caller can see', () => {
    assert.deepEqual(
      problemsOf({}, (read) => read.problem('A needs B')),
      ['A needs B'],
    )
  })

  it('freezes the config', () => {
    assert.ok(Object.isFrozen(readEnv({}).finish({ a: 1 })))
  })

  it('never shows a secret: neither in a problem nor among the entries', () => {
    const env = { TOKEN: 'hunter2', DATABASE_URL: 'mysql://u:hunter2@h/d' }
    const read = readEnv(env)
    read.secret('TOKEN')
    read.url('DATABASE_URL', { protocols: ['postgres:'], secret: true })
    assert.throws(
      () => read.finish({}),
      (error) => error instanceof ConfigError && error.problems.length === 1 && !error.message.includes('hunter2'),
    )
    assert.deepEqual(read.entries(), [
      { name: 'TOKEN', value: 'set', origin: 'environment', secret: true },
      { name: 'DATABASE_URL', value: 'set', origin: 'environment', secret: true },
    ])
  })

  it('reads a secret from the file that NAME_FILE names, without the newline at its end', (t) => {
    const file = path.join(testFolder(t), 'token')
    writeFileSync(file, 'from a file \n')
    const read = readEnv({ TOKEN_FILE: file })
    assert.equal(read.secret('TOKEN'), 'from a file ')
    assert.deepEqual(read.entries(), [{ name: 'TOKEN', value: 'set', origin: 'file', secret: true }])
  })

  it('refuses a secret given twice, and one whose file cannot be read or is empty', (t) => {
    const file = path.join(testFolder(t), 'empty')
    writeFileSync(file, '\n')
    assert.deepEqual(
      problemsOf({ TOKEN: 'a', TOKEN_FILE: file }, (read) => read.secret('TOKEN')),
      ['TOKEN and TOKEN_FILE are both set; keep one of them'],
    )
    assert.match(
      problemsOf({ TOKEN_FILE: '/nowhere' }, (read) => read.secret('TOKEN'))[0] ?? '',
      /must name a readable file, got "\/nowhere"/,
    )
    assert.match(problemsOf({ TOKEN_FILE: file }, (read) => read.secret('TOKEN'))[0] ?? '', /names an empty file/)
  })

  it('lists what was read with its origin, once for each name', () => {
    const read = readEnv({ A: '1' })
    read.integer('A', { fallback: 5 })
    read.integer('A', { fallback: 5 })
    read.duration('B', { fallback: '30m' })
    read.string('C')
    assert.deepEqual(read.entries(), [
      { name: 'A', value: '1', origin: 'environment', secret: false },
      { name: 'B', value: '30m', origin: 'default', secret: false },
      { name: 'C', value: null, origin: 'unset', secret: false },
    ])
  })

  it('warns about names that look like a slip in one of its own, and about no others', () => {
    const read = readEnv({
      KAFKA_BROKER: 'x',
      INGEST_PROT: '1',
      HOME: '/root',
      HOST: 'h',
      PATH: 'y',
      TOKEN_FILE: '/nowhere',
      XAFKA_BROKERS: 'x',
    })
    for (const name of ['KAFKA_BROKERS', 'INGEST_PORT', 'HOST']) read.string(name)
    read.secret('TOKEN')
    assert.deepEqual(read.warnings(), [
      'KAFKA_BROKER is set, but there is no such setting; did you mean KAFKA_BROKERS?',
      'INGEST_PROT is set, but there is no such setting; did you mean INGEST_PORT?',
    ])
  })
})

describe('loadEnv', () => {
  it('lets the environment win over .env, and knows where each value came from', (t) => {
    const folder = testFolder(t)
    writeFileSync(path.join(folder, '.env'), '# comment\nA=file\nB="quoted value"\nC=file\n')
    const env = { ...loadEnv({ A: 'environment', C: '' }, folder), FLAG: 'given' }
    const read = readEnv(env)
    for (const name of ['A', 'B', 'C', 'FLAG']) read.string(name)
    assert.deepEqual(
      read.entries().map(({ value, origin }) => [value, origin]),
      [
        ['environment', 'environment'],
        ['quoted value', 'file'],
        ['file', 'file'],
        ['given', 'environment'],
      ],
    )
  })

  it('is the environment alone when there is no .env', (t) => {
    assert.deepEqual(loadEnv({ A: '1' }, testFolder(t)), { A: '1' })
  })

  it('says so when .env cannot be read', (t) => {
    const folder = testFolder(t)
    mkdirSync(path.join(folder, '.env'))
    assert.throws(() => loadEnv({}, folder), ConfigError)
  })
})
