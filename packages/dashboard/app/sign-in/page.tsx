import type { Metadata } from 'next'
import { redirect } from 'next/navigation'
import { mayAsk } from '../../admin-api/session.ts'
import { readSettings } from '../../admin-api/settings.ts'
import type { PageSearchParams } from '../../query-parameters.ts'
import { Logo } from '../../shell/Logo.tsx'
import { safeNext } from '../../urls.ts'
import { SignInForm } from './SignInForm.tsx'

export const metadata: Metadata = { title: 'Sign in · Sluice' }

export default async function SignInPage({ searchParams }: { searchParams: PageSearchParams }) {
  const { next } = await searchParams
  const target = safeNext(typeof next === 'string' ? next : undefined)
  if (await mayAsk()) redirect(target)
  const needsToken = readSettings().adminToken !== null
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-sm flex-col justify-center gap-6 px-4">
      <Logo />
      <h1 className="text-20 font-semibold">{needsToken ? 'Sign in' : 'Not from here'}</h1>
      {needsToken ? (
        <SignInForm next={target} />
      ) : (
        <p>
          No admin token is set, so only this machine is answered. Open the dashboard as http://127.0.0.1 or
          http://localhost, or set ADMIN_TOKEN.
        </p>
      )}
    </main>
  )
}
