import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseRequest } from './args.ts'
import type { Request } from './verbs/request.ts'

const plainDev = { type: 'dev', dataDir: null, withDashboard: true, reset: false } as const

const plainSend: Extract<Request, { type: 'send' }> = {
  type: 'send',
  file: 'e.json',
  url: null,
  tenant: null,
  key: null,
  strict: false,
  json: false,
}

const LINES: readonly (readonly [string, Request])[] = [
  ['dev', plainDev],
  ['dev --no-dashboard --data /d --reset', { ...plainDev, withDashboard: false, dataDir: '/d', reset: true }],
  ['dev status', { type: 'dev_status', dataDir: null, json: false }],
  ['dev status --json --data /d', { type: 'dev_status', dataDir: '/d', json: true }],
  ['dev --data /d status --json', { type: 'dev_status', dataDir: '/d', json: true }],
  ['dev stop processor', { type: 'dev_change', dataDir: null, action: 'stop', name: 'processor' }],
  ['dev start processor --data /d', { type: 'dev_change', dataDir: '/d', action: 'start', name: 'processor' }],
  ['migrate', { type: 'migrate' }],
  ['config', { type: 'config', json: false }],
  ['doctor --json', { type: 'doctor', json: true }],
  [
    'keys create team_a',
    { type: 'keys_create', tenant: 'team_a', label: null, by: null, operationId: null, adminUrl: null, json: false },
  ],
  [
    'keys create team_a --label l --by ada --operation-id o --admin-url http://h --json',
    {
      type: 'keys_create',
      tenant: 'team_a',
      label: 'l',
      by: 'ada',
      operationId: 'o',
      adminUrl: 'http://h',
      json: true,
    },
  ],
  ['keys new team_a --json', { type: 'keys_new', tenant: 'team_a', json: true }],
  ['keys ls --json', { type: 'keys_ls', query: { limit: '50' }, offline: false, adminUrl: null, json: true }],
  [
    'keys ls --offline --tenant a --cursor 7 --limit 5',
    {
      type: 'keys_ls',
      query: { limit: '5', tenant: 'a', cursor: '7' },
      offline: true,
      adminUrl: null,
      json: false,
    },
  ],
  [
    'keys revoke k --note n',
    { type: 'keys_revoke', id: 'k', note: 'n', by: null, operationId: null, adminUrl: null, json: false },
  ],
  ['completion zsh', { type: 'completion', shell: 'zsh' }],
  ['send', { ...plainSend, file: null }],
  ['send -', { ...plainSend, file: null }],
  [
    'send e.json --tenant t --key k --url http://h --strict --json',
    { ...plainSend, tenant: 't', key: 'k', url: 'http://h', strict: true, json: true },
  ],
  ['trace r', { type: 'trace', name: 'r', tenant: null, adminUrl: null, json: false }],
  ['trace r --tenant t --json', { type: 'trace', name: 'r', tenant: 't', adminUrl: null, json: true }],
  ['lag --admin-url http://h', { type: 'lag', adminUrl: 'http://h', json: false }],
  ['events ls', { type: 'events_ls', query: { limit: '50' }, adminUrl: null, json: false }],
  [
    'events ls --type t --tenant a --limit 5 --cursor c --json',
    { type: 'events_ls', query: { limit: '5', eventType: 't', tenant: 'a', cursor: 'c' }, adminUrl: null, json: true },
  ],
  ['dlq ls', { type: 'dlq_ls', query: { limit: '50', state: 'open' }, adminUrl: null, json: false }],
  ['dlq ls --state all --q x', { type: 'dlq_ls', query: { limit: '50', q: 'x' }, adminUrl: null, json: false }],
  [
    'dlq ls --reason MISSING_FIELD --event-id e --pointer /a',
    {
      type: 'dlq_ls',
      query: { limit: '50', reason: 'MISSING_FIELD', eventId: 'e', pointer: '/a', state: 'open' },
      adminUrl: null,
      json: false,
    },
  ],
  ['dlq show x', { type: 'dlq_show', id: 'x', adminUrl: null, json: false }],
  ['tail', { type: 'tail', query: {}, adminUrl: null, json: false }],
  [
    'tail --tenant a --type t --outcome stored --json',
    { type: 'tail', query: { tenant: 'a', eventType: 't', outcome: 'stored' }, adminUrl: null, json: true },
  ],
  ['balance', { type: 'balance', minutes: '60', tenant: null, adminUrl: null, json: false }],
  ['tenants ls --json', { type: 'tenants_ls', adminUrl: null, json: true }],
  ['dlq check --all', { type: 'dlq_check', selection: { filter: {} }, edit: null, adminUrl: null, json: false }],
  [
    'dlq redrive a b --rate 7 --edit - --yes --wait --by ada --note n --operation-id o',
    {
      type: 'dlq_redrive',
      selection: { ids: ['a', 'b'] },
      edit: '-',
      rate: '7',
      note: 'n',
      yes: true,
      wait: true,
      by: 'ada',
      operationId: 'o',
      adminUrl: null,
      json: false,
    },
  ],
  [
    'dlq redrive --state dismissed --job j --since s --until u',
    {
      type: 'dlq_redrive',
      selection: { filter: { since: 's', until: 'u', state: 'dismissed', job: 'j' } },
      edit: null,
      rate: '50',
      note: null,
      yes: false,
      wait: false,
      by: null,
      operationId: null,
      adminUrl: null,
      json: false,
    },
  ],
  [
    'dlq dismiss a --note n',
    {
      type: 'dlq_dismiss',
      ids: ['a'],
      note: 'n',
      yes: false,
      by: null,
      operationId: null,
      adminUrl: null,
      json: false,
    },
  ],
  ['redrives ls', { type: 'redrives_ls', query: { limit: '20' }, adminUrl: null, json: false }],
  ['redrives show j --wait', { type: 'redrives_show', id: 'j', wait: true, adminUrl: null, json: false }],
  ['redrives cancel j', { type: 'redrives_cancel', id: 'j', by: null, operationId: null, adminUrl: null, json: false }],
  ['loadgen', { type: 'loadgen', args: [] }],
  [
    'loadgen --rps 5 --json verify --help --data x',
    { type: 'loadgen', args: ['--rps', '5', '--json', 'verify', '--help', '--data', 'x'] },
  ],
]

describe('command line', () => {
  for (const [line, expected] of LINES)
    it(`reads "${line}"`, () => assert.deepEqual(parseRequest(line.split(' '), '1.0.0'), expected))

  for (const line of [
    'dve',
    'dev stop',
    'dev --datta x',
    'dlq redrive',
    'dlq redrive a --all',
    'dlq redrive a --reason MISSING_FIELD',
    'dlq check',
    'dlq dismiss a',
    'dlq dismiss --note n',
    'redrives cancel',
    'tail --outcome lost',
    'migrate now',
    'dlq',
    'dlq show',
    'trace',
    'completion tcsh',
    'lag now',
    '',
  ])
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
