import assert from 'node:assert/strict'
import { test } from 'node:test'
import { safeNext, urls } from './urls.ts'

test('every address of the dashboard', () => {
  const id = '01936f0a-0000-7000-8000-000000000001'
  const made = [
    urls.overview(),
    urls.overview({ tenant: 'a', range: null }),
    urls.pipeline({ lagging: 1 }),
    urls.deadLetters({ reason: 'MISSING_FIELD', pointer: '/event_type' }),
    urls.deadLetter(id),
    urls.redriveJob(id),
    urls.search({ q: 'order 1&2' }),
    urls.live({ tenant: 'a', outcome: 'stored' }),
    urls.audit({ action: 'dismiss' }),
    urls.export('dead-letters', 'csv', { reason: 'MISSING_FIELD', cursor: null }),
    urls.event(id),
    urls.signIn('/'),
    urls.signIn('/dlq?id=1'),
  ]
  assert.deepEqual(made, [
    '/',
    '/?tenant=a',
    '/pipeline?lagging=1',
    '/dlq?reason=MISSING_FIELD&pointer=%2Fevent_type',
    `/dlq?state=any&id=${id}`,
    `/dlq?bench=1&job=${id}`,
    '/search?q=order+1%262',
    '/live?tenant=a&outcome=stored',
    '/audit?action=dismiss',
    '/api/export/dead-letters?reason=MISSING_FIELD&format=csv',
    `/events/${id}`,
    '/sign-in',
    '/sign-in?next=%2Fdlq%3Fid%3D1',
  ])
})

test('goes back to pages of ours only after signing in', () => {
  assert.equal(safeNext('/dlq?id=1'), '/dlq?id=1')
  for (const other of [
    undefined,
    '',
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    'javascript:alert(1)',
    '/\n/x',
  ])
    assert.equal(safeNext(other), '/')
})
