import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type PatchRow, readPatch } from './patch-rows.ts'

const aRow = (row: Partial<PatchRow>): PatchRow => ({
  key: 1,
  op: 'add',
  path: '/event_type',
  from: '',
  value: '"order.created"',
  ...row,
})

test('reads the form as a JSON Patch', () => {
  const rows = [
    aRow({}),
    aRow({ key: 2, op: 'remove', path: '/a~1b' }),
    aRow({ key: 3, op: 'move', path: '/x', from: '/y' }),
  ]
  assert.deepEqual(readPatch(rows), {
    patch: [
      { op: 'add', path: '/event_type', value: 'order.created' },
      { op: 'remove', path: '/a~1b' },
      { op: 'move', path: '/x', from: '/y' },
    ],
  })
})

test('says in which row what is wrong, and never guesses a value', () => {
  const read = readPatch([
    aRow({ value: 'order.created' }),
    aRow({ key: 2, path: 'event_type' }),
    aRow({ key: 3, op: 'copy', from: '' }),
    aRow({ key: 4, path: '/a~2' }),
  ])
  assert.ok('errors' in read)
  assert.deepEqual([...read.errors.keys()], [1, 2, 3, 4])
  assert.match(read.errors.get(1) ?? '', /not JSON/)
})
