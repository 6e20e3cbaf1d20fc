import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseRequest, type Request } from './args.ts'

const plainDev = { type: 'dev', dataDir: null, withDashboard: true, reset: false } as const

const LINES: readonly (readonly [string, Request])[] = [
  ['dev', plainDev],
  ['dev --no-dashboard --data /d --reset', { ...plainDev, withDashboard: false, dataDir: '/d', reset: true }],
  ['dev status', { type: 'dev_status', dataDir: null, json: false }],
  ['dev status --json --data /d', { type: 'dev_status', dataDir: '/d', json: true }],
  ['dev --data /d status --json', { type: 'dev_status', dataDir: '/d', json: true }],
  ['dev stop processor', { type: 'dev_change', dataDir: null, action: 'stop', name: 'processor' }],
  ['dev start processor --data /d', { type: 'dev_change', dataDir: '/d', action: 'start', name: 'processor' }],
  ['migrate', { type: 'migrate' }],
  ['loadgen', { type: 'loadgen', args: [] }],
  [
    'loadgen --rps 5 --json verify --help --data x',
    { type: 'loadgen', args: ['--rps', '5', '--json', 'verify', '--help', '--data', 'x'] },
  ],
]

describe('command line', () => {
  for (const [line, expected] of LINES)
    it(`reads "${line}"`, () => assert.deepEqual(parseRequest(line.split(' '), '1.0.0'), expected))

  for (const line of ['dve', 'dev stop', 'dev --datta x', 'migrate now', ''])
    it(`answers "${line}" with usage on standard error and exit 2`, () => {
      const request = parseRequest(line.split(' ').filter(Boolean), '1.0.0')
      assert.equal(request.type, 'text')
      assert.equal(request.type === 'text' && request.exitCode, 2)
      assert.match(request.type === 'text' ? request.stderr : '', /\S/)
    })

  it('proposes the nearest name for a slip', () => {
    const request = parseRequest(['dev', '--datta', 'x'], '1.0.0')
    assert.match(request.type === 'text' ? request.stderr : '', /--data/)
  })

  it('begins its help with examples, on standard output', () => {
    const request = parseRequest(['--help'], '1.0.0')
    assert.equal(request.type === 'text' && request.exitCode, 0)
    assert.match(request.type === 'text' ? request.stdout : '', /^Examples:/)
  })

  it('tells its version', () => {
    assert.deepEqual(parseRequest(['--version'], '1.2.3'), {
      type: 'text',
      stdout: '1.2.3\n',
      stderr: '',
      exitCode: 0,
    })
  })
})
