import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testDatabase } from '@sluice/runtime/testing/test-database'
import {
  digestArray,
  int4Array,
  int8Array,
  jsonbArray,
  textArray,
  timestamptzArray,
  uuidArray,
} from './binary-arrays.ts'

test('PostgreSQL reads each array as it reads the same values as text', async (t) => {
  const { sql } = await testDatabase(t)
  const digest = '00ff'.repeat(16)
  const uuid = '019a0000-0000-7000-8000-00000000ff01'
  const times = [
    '2026-05-04T10:00:00Z',
    '2026-05-04T10:00:00.1Z',
    '2026-05-04T10:00:00.123Z',
    '2026-05-04T10:00:00.1234Z',
    '2026-05-04T10:00:00.123456Z',
    '1999-12-31T23:59:59.999999Z',
    '1969-12-31T23:59:59.000001Z',
    '0001-01-01T00:00:00Z',
    '0001-01-01T00:00:00.000001Z',
    '9999-12-31T23:59:59.999999Z',
  ]
  const json = ['{"a":1.10}', '{"ä":"🎉"}']
  const cases: [type: string, binary: Buffer, text: (string | null)[]][] = [
    ['int4[]', int4Array([0, -1, null, 2_147_483_647]), ['0', '-1', null, '2147483647']],
    [
      'int8[]',
      int8Array([0, -1, null, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, 9_223_372_036_854_775_807n]),
      ['0', '-1', null, '9007199254740991', '-9007199254740991', '9223372036854775807'],
    ],
    ['timestamptz[]', timestamptzArray([...times, null]), [...times, null]],
    ['uuid[]', uuidArray([uuid, null]), [uuid, null]],
    ['bytea[]', digestArray([digest, null]), [`\\x${digest}`, null]],
    ['text[]', textArray(['', 'a,"b"\\', 'größe 🎉', 'NULL']), ['', 'a,"b"\\', 'größe 🎉', 'NULL']],
    ['jsonb[]', jsonbArray([...json.map((text) => Buffer.from(text)), null]), [...json, null]],
  ]
  for (const [type, binary, text] of cases) {
    const [row] = await sql<{ got: string; wanted: string }>(
      `SELECT $1::${type}::text AS got, $2::text[]::${type}::text AS wanted`,
      [binary, text],
    )
    assert.equal(row?.got, row?.wanted, type)
  }
})
