import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { describe, it } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { errorFields } from './error-fields.ts'
import { ConfigError } from './errors.ts'
import { createLogger, type LogLevel, withWideEvent } from './logger.ts'
import { prettyLine } from './pretty-line.ts'

function memoryLogger(level: LogLevel = 'debug') {
  const lines: Record<string, unknown>[] = []
  const log = createLogger({ name: 'ingest', level, destination: { write: (line) => lines.push(JSON.parse(line)) } })
  return { log, lines }
}

describe('createLogger', () => {
  it('writes one JSON line per call, with time, level, process, event and fields', () => {
    const { log, lines } = memoryLogger()
    log.warn('gate.away', { since_ms: 12, offset: 9_007_199_254_740_993n })
    const [{ time, pid, ...line } = {}] = lines
    assert.deepEqual(line, {
      level: 'warn',
      process: 'ingest',
      event: 'gate.away',
      since_ms: 12,
      offset: Number(9_007_199_254_740_993n),
    })
    assert.equal(pid, process.pid)
    assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  })

  it('lets the process live when its line cannot be written', () => {
    const full = openSync('/dev/full', 'w')
    try {
      const script = `import { createLogger } from ${JSON.stringify(import.meta.resolve('./logger.ts'))}
        const log = createLogger({ name: 'ingest', level: 'info' })
        log.info('first')
        log.info('second')`
      const argv = ['--input-type=module', '--eval', script]
      const { status, stderr } = spawnSync(process.execPath, argv, { stdio: ['ignore', full, 'pipe'] })
      assert.deepEqual([status, stderr.toString()], [0, ''])
    } finally {
      closeSync(full)
    }
  })

  it('keeps to its level', () => {
    const { log, lines } = memoryLogger('warn')
    log.debug('a')
    log.info('b')
    log.warn('c')
    log.error('d')
    assert.deepEqual(
      lines.map(({ event }) => event),
      ['c', 'd'],
    )
  })

  it('adds the fields of a child to each of its lines', () => {
    const { log, lines } = memoryLogger()
    log.child({ request_id: 'r1' }).info('x', { n: 1 })
    assert.deepEqual([lines[0]?.request_id, lines[0]?.n], ['r1', 1])
  })
})

describe('withWideEvent', () => {
  it('writes one line with the gathered fields and the duration', async () => {
    const { log, lines } = memoryLogger()
    const result = await withWideEvent(log, 'batch.settled', 'info', async (fields) => {
      fields.records = 3
      return 'done'
    })
    assert.equal(result, 'done')
    assert.equal(lines.length, 1)
    assert.deepEqual([lines[0]?.event, lines[0]?.level, lines[0]?.records], ['batch.settled', 'info', 3])
    assert.equal(typeof lines[0]?.duration_ms, 'number')
  })

  it('writes the causes after a throw, at level error, and lets the throw go on', async () => {
    const { log, lines } = memoryLogger()
    const failure = new Error('settling 3 records', {
      cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }),
    })
    await assert.rejects(
      withWideEvent(log, 'batch.settled', 'debug', async (fields) => {
        fields.records = 3
        throw failure
      }),
      failure,
    )
    assert.deepEqual([lines.length, lines[0]?.level, lines[0]?.records], [1, 'error', 3])
    const chain = lines[0]?.error as { message: string; code?: string }[]
    assert.deepEqual(
      chain.map(({ message, code }) => [message, code]),
      [
        ['settling 3 records', undefined],
        ['refused', 'ECONNREFUSED'],
      ],
    )
  })
})

describe('errorFields', () => {
  it('takes nothing of a driver error that could carry row values', () => {
    const driverError = Object.assign(new Error('duplicate key value violates unique constraint "k"'), {
      code: '23505',
      severity: 'ERROR',
      detail: 'Key (x)=(canary) exists',
      where: 'canary',
      parameters: ['canary'],
      hint: 'canary',
    })
    const valueError = Object.assign(new Error('invalid input syntax for type uuid: "canary"'), {
      code: '22P02',
      severity: 'ERROR',
    })
    const text = JSON.stringify(
      errorFields(new Error('outer', { cause: Object.assign(driverError, { cause: valueError }) })),
    )
    assert.ok(!text.includes('canary'), text)
    assert.ok(text.includes('23505') && text.includes('22P02') && text.includes('unique constraint'))
  })

  it('brings stack frames for a mistake in the program and none for an error thrown on purpose', () => {
    assert.ok(errorFields(new TypeError('x is not a function')).error[0]?.stack?.[0]?.startsWith('at '))
    assert.equal(errorFields(new ConfigError(['p'])).error[0]?.stack, undefined)
  })

  it('speaks for an AggregateError without a message, and for what is not an Error', () => {
    const refused = Object.assign(new AggregateError([new Error('connect ECONNREFUSED ::1:1')]), {
      code: 'ECONNREFUSED',
    })
    assert.deepEqual(errorFields(refused).error, [
      { name: 'AggregateError', code: 'ECONNREFUSED', message: 'connect ECONNREFUSED ::1:1' },
    ])
    assert.deepEqual(errorFields('text').error, [{ name: 'string', message: 'text' }])
    assert.deepEqual(errorFields({ secret: 1 }).error, [{ name: 'object', message: 'not an Error' }])
  })

  it('ends on a chain of causes that is a ring', () => {
    const error = new Error('ring')
    error.cause = error
    assert.equal(errorFields(error).error.length, 8)
  })
})

describe('prettyLine', () => {
  it('shows time, level, process, event and fields of a JSON line', () => {
    const line = JSON.stringify({
      level: 'info',
      time: '2026-01-02T03:04:05.678Z',
      process: 'ingest',
      pid: 1,
      event: 'started',
      port: 8080,
      host: 'h',
    })
    assert.equal(stripVTControlCharacters(prettyLine(line)), '03:04:05.678 info  ingest started port=8080 host=h\n')
  })

  it('leaves what is not JSON as it is', () => {
    assert.equal(prettyLine('plain\n'), 'plain\n')
  })
})
