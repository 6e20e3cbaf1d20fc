import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createSession, isSameSecret, SESSION_MS, sessionEnd } from './session-token.ts'

const token = 'a-token-of-16-or-more'
const now = Date.parse('2026-01-02T03:04:05Z')

describe('session', () => {
  it('holds for twelve hours and no longer', () => {
    const session = createSession(token, now)
    assert.equal(sessionEnd(session, token, now), now + SESSION_MS)
    assert.equal(sessionEnd(session, token, now + SESSION_MS - 1), now + SESSION_MS)
    assert.equal(sessionEnd(session, token, now + SESSION_MS), null)
  })

  it('ends when the admin token is another', () => {
    assert.equal(sessionEnd(createSession(token, now), 'another-token-of-ours', now), null)
  })

  it('is refused when anything in it was changed', () => {
    const session = createSession(token, now)
    const later = session.replace(/^\d{13}/, String(now + 2 * SESSION_MS))
    const cut = session.slice(0, -1)
    const turned = session.slice(0, -1) + (session.endsWith('A') ? 'B' : 'A')
    for (const forged of [later, cut, turned, '', 'x', undefined]) assert.equal(sessionEnd(forged, token, now), null)
  })

  it('holds nothing of the token', () => {
    assert.ok(!createSession(token, now).includes(token))
    assert.ok(isSameSecret(token, token))
    assert.ok(!isSameSecret(token, `${token}x`))
  })
})
