import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProblemError } from '@sluice/runtime/problem-error'
import { createAccess } from './access.ts'

const TOKEN = 'correct-horse-battery'
const codeOf = (work: () => void): string | null => {
  try {
    work()
    return null
  } catch (error) {
    assert.ok(error instanceof ProblemError)
    return error.code
  }
}

for (const [authorization, code] of [
  [`Bearer ${TOKEN}`, null],
  [`bearer ${TOKEN}`, null],
  [`Bearer ${TOKEN}x`, 'UNAUTHENTICATED'],
  [`Bearer ${TOKEN.slice(0, -1)}`, 'UNAUTHENTICATED'],
  [`Basic ${TOKEN}`, 'UNAUTHENTICATED'],
  [TOKEN, 'UNAUTHENTICATED'],
  ['Bearer ', 'UNAUTHENTICATED'],
  ['', 'UNAUTHENTICATED'],
  [undefined, 'UNAUTHENTICATED'],
] as const)
  test(`with a token, ${authorization === undefined ? 'no header' : `"${authorization}"`} is ${code ?? 'let in'}`, () => {
    assert.equal(
      codeOf(() => createAccess(TOKEN).check({ authorization, host: 'localhost:8081' })),
      code,
    )
  })

test('with a token the name in Host does not matter', () => {
  assert.equal(
    codeOf(() => createAccess(TOKEN).check({ authorization: `Bearer ${TOKEN}`, host: 'admin.example' })),
    null,
  )
})

for (const [host, code] of [
  ['localhost', null],
  ['LOCALHOST:8081', null],
  ['127.0.0.1:8081', null],
  ['127.8.0.3', null],
  ['[::1]:8081', null],
  ['admin.example', 'FORBIDDEN'],
  ['localhost.admin.example', 'FORBIDDEN'],
  ['127.0.0.1.admin.example', 'FORBIDDEN'],
  ['10.0.0.1:8081', 'FORBIDDEN'],
  ['', 'FORBIDDEN'],
  [undefined, 'FORBIDDEN'],
] as const)
  test(`without a token, a request for host ${host ?? 'unsaid'} is ${code ?? 'let in'}`, () => {
    assert.equal(
      codeOf(() => createAccess(null).check({ host })),
      code,
    )
  })
