import { cookies } from 'next/headers'
import { isSameOrigin } from '../../../admin-api/loopback-host.ts'
import { problem } from '../../../admin-api/problem.ts'
import { createSession, isSameSecret, SESSION_COOKIE, SESSION_MS } from '../../../admin-api/session-token.ts'
import { readSettings } from '../../../admin-api/settings.ts'

/** Wrong tokens answered in one second before the next is refused unread: guessing 16 characters stays out of reach. */
const WRONG_PER_SECOND = 5
const wrong = { second: 0, count: 0 }

/** Signs in: `{"token": "…"}`. */
export async function POST(request: Request): Promise<Response> {
  const { adminToken } = readSettings()
  if (adminToken === null) return problem(404, 'NOT_FOUND', 'No token is set, so nobody has to sign in.')
  if (!isSameOrigin(request.headers.get('origin'), request.headers.get('host')))
    return problem(403, 'FORBIDDEN', 'Sign in from the page of this dashboard.')
  const second = Math.floor(Date.now() / 1000)
  if (wrong.second !== second) Object.assign(wrong, { second, count: 0 })
  if (wrong.count >= WRONG_PER_SECOND) return problem(429, 'RATE_LIMITED', 'Too many wrong tokens: wait a second.')
  const token = await readToken(request)
  if (token === null || !isSameSecret(token, adminToken)) {
    wrong.count += 1
    return problem(401, 'UNAUTHENTICATED', 'This is not the admin token.')
  }
  const jar = await cookies()
  jar.set(SESSION_COOKIE, createSession(adminToken, Date.now()), {
    httpOnly: true,
    sameSite: 'strict',
    secure: isTls(request),
    path: '/',
    maxAge: SESSION_MS / 1000,
  })
  return new Response(null, { status: 204 })
}

/** Signs out. */
export async function DELETE(request: Request): Promise<Response> {
  if (!isSameOrigin(request.headers.get('origin'), request.headers.get('host')))
    return problem(403, 'FORBIDDEN', 'Sign out from the page of this dashboard.')
  const jar = await cookies()
  jar.delete(SESSION_COOKIE)
  return new Response(null, { status: 204 })
}

async function readToken(request: Request): Promise<string | null> {
  if (!/^application\/json\b/i.test(request.headers.get('content-type') ?? '')) return null
  const text = await request.text()
  if (text.length > 4_096) return null
  try {
    const body: unknown = JSON.parse(text)
    const token = typeof body === 'object' && body !== null && 'token' in body ? body.token : null
    return typeof token === 'string' ? token : null
  } catch {
    // Not JSON: no token either.
    return null
  }
}

const isTls = (request: Request) =>
  request.headers.get('x-forwarded-proto') === 'https' || new URL(request.url).protocol === 'https:'
