import 'server-only'
import { cookies, headers } from 'next/headers'
import { redirect } from 'next/navigation'
import { urls } from '../urls.ts'
import { isLoopbackHost } from './loopback-host.ts'
import { SESSION_COOKIE, sessionEnd } from './session-token.ts'
import { readSettings } from './settings.ts'

/**
 * Whether whoever asks may see anything. Every data function asks this itself: what stands in front of it is no boundary. Without a token only loopback
 * names are answered in `Host`: a page elsewhere that points its name at this machine has another.
 */
export async function mayAsk(): Promise<boolean> {
  const { adminToken } = readSettings()
  if (adminToken === null) return isLoopbackHost((await headers()).get('host'))
  return sessionEnd((await cookies()).get(SESSION_COOKIE)?.value, adminToken, Date.now()) !== null
}

/** Leads to the sign-in page, and back to `path` from there, when nobody is signed in. */
export async function requireSession(path: string): Promise<void> {
  if (!(await mayAsk())) redirect(urls.signIn(path))
}
