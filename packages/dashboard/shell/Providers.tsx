'use client'

import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import type { Zone } from '../times.ts'
import { ToastProvider } from '../ui/Toast.tsx'
import { TooltipLayer } from '../ui/TooltipLayer.tsx'
import { Announcer } from './Announcer.tsx'
import { ClockProvider } from './clock.tsx'
import { PollingProvider } from './polling.tsx'

function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // The pace is ours (polling.tsx), and a failure is shown at once.
        retry: false,
        staleTime: 1_000,
        // On loopback the browser's idea of being offline means nothing.
        networkMode: 'always',
      },
      mutations: { retry: false, networkMode: 'always' },
    },
  })
}

/** What every page of the console needs around it. */
export function Providers({ renderedMs, zone, children }: { renderedMs: number; zone: Zone; children: ReactNode }) {
  const [client] = useState(createQueryClient)
  return (
    <QueryClientProvider client={client}>
      <ClockProvider renderedMs={renderedMs} zone={zone}>
        <PollingProvider>
          <Announcer>
            <ToastProvider>{children}</ToastProvider>
          </Announcer>
          <TooltipLayer />
        </PollingProvider>
      </ClockProvider>
    </QueryClientProvider>
  )
}
