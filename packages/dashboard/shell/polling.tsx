'use client'

import {
  keepPreviousData,
  type QueryClient,
  type UseQueryResult,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query'
import { createContext, type ReactNode, use, useMemo, useState } from 'react'
import { askBrowser } from '../admin-api/browser.ts'
import type { AdminApiError } from '../admin-api/errors.ts'
import type { Answers, Asked, QuestionName } from '../admin-api/routes.ts'
import { viewParams } from '../search-params.ts'
import { useQueryStates } from './use-query-states.ts'

type Polling = { isPaused: boolean; setPaused: (paused: boolean) => void; intervalMs: number }

const PollingContext = createContext<Polling | null>(null)

/** Knows how often the page asks, and whether it pauses. */
export function PollingProvider({ children }: { children: ReactNode }) {
  const [isPaused, setPaused] = useState(false)
  const [{ every }] = useQueryStates(viewParams)
  const intervalMs = Number(every) * 1_000
  const value = useMemo(() => ({ isPaused, setPaused, intervalMs }), [isPaused, intervalMs])
  return <PollingContext value={value}>{children}</PollingContext>
}

export function usePolling(): Polling {
  const polling = use(PollingContext)
  if (polling === null) throw new Error('usePolling stands outside of a PollingProvider')
  return polling
}

/** Failures in a row by question; a question that answers is forgotten. */
const failures = new Map<string, number>()

const FIRST_RETRY_MS = 2_000
const LAST_RETRY_MS = 30_000

/** 2 s doubling to 30 s, each up to a quarter longer, so that many pages do not come back together. */
export function retryDelayMs(failuresInARow: number, random = Math.random()): number {
  const doubled = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.max(0, failuresInARow - 1))
  return doubled * (1 + random / 4)
}

export type AdminQuery<T> = UseQueryResult<T, AdminApiError>

export type AskOptions = {
  /** False: asked once, then only on demand. A number: at least so often, in ms. */
  poll?: boolean | number
  enabled?: boolean
  /** Shows the last answer to another question until this one is answered. */
  keepLast?: boolean
}

/** Asks the Admin API, again and again at the page's pace; keeps the last good answer through failures. */
export function useAdmin<N extends QuestionName>(
  name: N,
  asked: Asked[N],
  options: AskOptions = {},
): AdminQuery<Answers[N]> {
  const { isPaused, intervalMs } = usePolling()
  const { poll = true, enabled = true, keepLast = false } = options
  const paceMs = typeof poll === 'number' ? (intervalMs === 0 ? 0 : poll) : intervalMs
  const query = useQuery<unknown, AdminApiError>({
    queryKey: [name, asked],
    queryFn: async ({ signal }) => {
      const key = JSON.stringify([name, asked])
      try {
        const answer = await askBrowser(name, asked, signal)
        failures.delete(key)
        return answer
      } catch (error) {
        if (!signal.aborted) failures.set(key, (failures.get(key) ?? 0) + 1)
        throw error
      }
    },
    enabled,
    ...(keepLast ? { placeholderData: keepPreviousData } : {}),
    refetchInterval: () => {
      if (isPaused || poll === false || paceMs === 0) return false
      const failed = failures.get(JSON.stringify([name, asked])) ?? 0
      return failed === 0 ? paceMs : Math.max(paceMs, retryDelayMs(failed))
    },
  })
  return query as AdminQuery<Answers[N]>
}

/** Asks everything on the page again, at once. */
export function useRefresh(): () => void {
  const client = useQueryClient()
  return () => void refresh(client)
}

const refresh = (client: QueryClient) => client.invalidateQueries({ refetchType: 'active' })
