import { HydrationBoundary } from '@tanstack/react-query'
import { cookies } from 'next/headers'
import type { ReactNode } from 'react'
import { prefetch } from '../../admin-api/prefetch.ts'
import { question } from '../../admin-api/queries.ts'
import { mayAsk } from '../../admin-api/session.ts'
import { readSettings } from '../../admin-api/settings.ts'
import { Providers } from '../../shell/Providers.tsx'
import { ZONE_COOKIE } from '../../shell/preferences.ts'
import { Rail } from '../../shell/Rail.tsx'
import { SessionBanner } from '../../shell/SessionBanner.tsx'
import { TopBar } from '../../shell/TopBar.tsx'
import { VerdictTitle } from '../../shell/VerdictTitle.tsx'
import { toZone } from '../../times.ts'

const SHELL_QUESTIONS = [question('overview', {}), question('about', {}), question('tenants', {})]

export default async function ConsoleLayout({ children }: { children: ReactNode }) {
  // Without a session the page itself leads to the sign-in.
  if (!(await mayAsk())) return children
  const zone = toZone((await cookies()).get(ZONE_COOKIE)?.value)
  const { version, adminToken } = readSettings()
  const deployment = { version, isOpen: adminToken === null }
  const state = await prefetch(SHELL_QUESTIONS)
  return (
    <Providers renderedMs={Date.now()} zone={zone}>
      <HydrationBoundary state={state}>
        <VerdictTitle />
        <a
          href="#main"
          className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-sm focus:bg-surface focus:px-3 focus:py-2"
        >
          Skip to the page
        </a>
        <div className="flex min-h-dvh">
          <Rail {...deployment} />
          <div className="flex min-w-0 flex-1 flex-col">
            <TopBar {...deployment} />
            <SessionBanner />
            <main id="main" tabIndex={-1} className="mx-auto w-full max-w-[1440px] min-w-0 flex-1 px-4 py-4 lg:px-6">
              {children}
            </main>
          </div>
        </div>
      </HydrationBoundary>
    </Providers>
  )
}
