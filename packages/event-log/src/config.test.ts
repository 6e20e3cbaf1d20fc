import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readEnv } from '@sluice/runtime/env'
import { parseEventLogConfig } from './config.ts'

const parse = (env: Record<string, string>) => {
  const read = readEnv(env)
  return read.finish(parseEventLogConfig(read))
}

test('with DATABASE_URL the log is kept in PostgreSQL', () => {
  const url = 'postgres://u:p@localhost:5432/sluice'
  assert.deepEqual(parse({ DATABASE_URL: url }), { engine: 'postgres', url, connections: 4 })
})

test('without an engine, or with a wrong address, it says what to do and shows no password', () => {
  assert.throws(() => parse({}), /DATABASE_URL must be set/)
  assert.throws(
    () => parse({ DATABASE_URL: 'mysql://u:secret@h/d' }),
    (error: Error) => !/secret/.test(error.message),
  )
})
